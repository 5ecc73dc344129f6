"""The parts of `charnn ngram-stats`: its options, and one file for each thing that it shows."""
