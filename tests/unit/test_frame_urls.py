"""Only URLs below a configured prefix pass, however they are written."""

import pytest

from stages.adapters.frame_urls import ForbiddenFrame, FrameUrlPrefixes

ALLOWED = [
    "https://cdn.example/frames/",
    "http://10.0.0.5:9000/live",
    "s3://bucket/shots",
    "file:///srv/frames",
]


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example/frames/a.jpg",
        "HTTPS://CDN.EXAMPLE:443/frames/a/b.jpg?sig=1%2F2",
        "http://10.0.0.5:9000/live/x.jpg",
        "s3://bucket/shots/x%20y.jpg",
        "file:///srv/frames/ana/1.jpg",
    ],
)
def test_urls_below_a_prefix_are_allowed(url: str) -> None:
    prefix, rest = FrameUrlPrefixes(ALLOWED).below(url)
    assert prefix in ALLOWED
    assert rest


@pytest.mark.parametrize(
    "url",
    [
        "",
        "frames/a.jpg",
        "https://cdn.example/frames",
        "https://cdn.example/frames/",
        "https://cdn.example/framesx/a.jpg",
        "https://cdn.example/other/a.jpg",
        "https://cdn.example/frames/../secret.jpg",
        "https://cdn.example/frames/./a.jpg",
        "https://cdn.example/frames/%2e%2e/secret.jpg",
        "https://cdn.example/frames/%2E./secret.jpg",
        "https://cdn.example/frames/%252e%252e/secret.jpg",
        "https://cdn.example/frames/..%2fsecret.jpg",
        "https://cdn.example/frames/..%5csecret.jpg",
        "https://cdn.example/frames/..\\secret.jpg",
        "https://cdn.example/frames//a.jpg",
        "https://cdn.example/frames/a.jpg#x",
        "https://cdn.example/frames/a\n.jpg",
        "https://cdn.example/frames/%0aa.jpg",
        "https://cdn.example/frames/a.jpg ",
        "https://user@cdn.example/frames/a.jpg",
        "https://user:pw@cdn.example/frames/a.jpg",
        "https://cdn.example@evil.example/frames/a.jpg",
        "https://cdn.example.evil.example/frames/a.jpg",
        "https://evilcdn.example/frames/a.jpg",
        "https://cdn.example./frames/a.jpg",
        "https://cdn.еxample/frames/a.jpg",
        "https://cdn.example:444/frames/a.jpg",
        "https://cdn.example:x/frames/a.jpg",
        "https://cdn.example:99999/frames/a.jpg",
        "http://cdn.example/frames/a.jpg",
        "//cdn.example/frames/a.jpg",
        "http://10.0.0.5/live/x.jpg",
        "http://[::1]:9000/live/x.jpg",
        "s3://bucket2/shots/x.jpg",
        "file:///srv/frames/../../etc/passwd",
        "file://host/srv/frames/x.jpg",
        "file:///etc/passwd",
    ],
)
def test_urls_anywhere_else_are_refused(url: str) -> None:
    with pytest.raises(ForbiddenFrame, match="not read"):
        FrameUrlPrefixes(ALLOWED).below(url)


@pytest.mark.parametrize(
    "prefix", ["", "cdn.example/frames", "https://", "https://u@h/x", "https://h/x?y", "https://h/../x"]
)
def test_a_prefix_that_names_no_place_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="frame URL prefix"):
        FrameUrlPrefixes([prefix])
