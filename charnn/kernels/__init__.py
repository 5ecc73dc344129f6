"""Compiled code: the time loops, the output layer, clipping and sampling, and what torch does where it is missing.

`library.py` decides whether there are kernels, and `structures.py` binds them to the C++ code in `source/`.
`operators/` shows single kernels to torch, and `program/` makes one call of a whole update.
"""
