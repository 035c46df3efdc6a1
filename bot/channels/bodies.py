"""Bodies of requests; see `bot.request_body`."""

from bot.request_body import LARGEST_BODY, optional_object, optional_string, parse_object, read_object

__all__ = ["LARGEST_BODY", "optional_object", "optional_string", "parse_object", "read_object"]
