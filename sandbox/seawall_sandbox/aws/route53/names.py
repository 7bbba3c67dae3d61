"""Names and ids as Route 53 and its provider write them."""


def plain(name: str) -> str:
    """A domain name in lower case, without the last dot."""
    return name.lower().removesuffix(".")


def bare(id_: str) -> str:
    """An id without what kind of thing it is of, such as ``/hostedzone/``."""
    return id_.rpartition("/")[2]
