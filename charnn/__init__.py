"""charnn: character-level recurrent language models that read like the lecture they come from."""

__version__ = "0.1.0"
