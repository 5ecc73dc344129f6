"""Which labels were answered with which others."""
