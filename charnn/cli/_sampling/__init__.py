"""Drawing texts, by what is asked for."""
