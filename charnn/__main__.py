"""`python -m charnn` is `charnn`."""

from charnn.cli import main

if __name__ == "__main__":
    main()
