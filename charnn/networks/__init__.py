"""Networks: a stack of cells, a readout, and what is wired of them."""
