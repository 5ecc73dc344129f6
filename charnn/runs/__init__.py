"""The run folder: what a training leaves behind, where runs are, and how they are read again."""
