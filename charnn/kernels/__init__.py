"""Compiled code: the time loops, the output layer, clipping and sampling, and what torch does where it is missing.

`library.py` decides whether there are kernels, and `structures.py` binds them to the C++ code in `source/`.
"""
