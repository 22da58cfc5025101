"""The program that travels in a bundle as `check.py`: the standard library, Python 3.8 or newer.

`projections.assembled` puts its files together into one. They import nothing but each other and the library.
"""
