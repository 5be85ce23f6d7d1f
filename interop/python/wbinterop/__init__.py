"""Wingbeat against pyarrow's C++ Flight: fixtures, processes and a pyarrow server."""
