"""What several commands need: options, the terminal, the screen of a training."""
