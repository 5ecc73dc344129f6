"""Networks for other programs, and theirs for charnn: one file a format, whose file name is its name.

A format has `SUFFIX`, how its files end; `check()`, which refuses it where a package is missing;
`write(network, path)`, which returns what is to be noted of the result; and `read(path, symbols)`, its inverse, where
`symbols` is a file with the vocabulary of networks that come without.
"""
