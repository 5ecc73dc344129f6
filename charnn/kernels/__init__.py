"""Compiled kernels: the time loops and the drawing of text in C++, behind a plain C interface."""
