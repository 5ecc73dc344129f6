"""Drawing text: how a symbol is chosen, and streams of symbols."""
