"""What charnn is measured against, and is not built on."""
