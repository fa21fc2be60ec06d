"""Stripe's form encoding, as the sandbox reads it."""

from __future__ import annotations

import pytest

from stages.sandbox.payments.errors import StripeRefusal
from stages.sandbox.payments.parameters import decode, integer, metadata
from stages.sandbox.store import Document


@pytest.mark.parametrize(
    ("form", "tree"),
    [
        (b"", {}),
        (b"amount=7999&currency=usd", {"amount": "7999", "currency": "usd"}),
        (b"metadata[order_id]=ORD-1&metadata[note]=", {"metadata": {"order_id": "ORD-1", "note": ""}}),
        (b"expand[0]=a&expand[1]=b", {"expand": ["a", "b"]}),
        (b"expand[]=a&expand[]=b", {"expand": ["a", "b"]}),
        (
            b"line_items[0][price_data][product_data][name]=%F0%9F%92%95&line_items[0][quantity]=2",
            {"line_items": [{"price_data": {"product_data": {"name": "\N{TWO HEARTS}"}}, "quantity": "2"}]},
        ),
        (b"created%5Bgte%5D=5", {"created": {"gte": "5"}}),
    ],
)
def test_brackets_are_levels(form: bytes, tree: Document) -> None:
    assert decode(form) == tree


@pytest.mark.parametrize("form", [b"a=1&a[b]=2", b"a=\xff\xfe"])
def test_what_cannot_be_read_is_refused(form: bytes) -> None:
    with pytest.raises(StripeRefusal) as caught:
        decode(form)
    assert (caught.value.status, caught.value.begun) == (400, False)


@pytest.mark.parametrize("text", ["1.5", "1e3", "ten", "1" * 16])
def test_amounts_are_whole_numbers(text: str) -> None:
    with pytest.raises(StripeRefusal):
        integer({"amount": text}, "amount")


@pytest.mark.parametrize(
    "values", [{f"k{n}": "v" for n in range(51)}, {"k" * 41: "v"}, {"k": "v" * 501}, {"k": {"deep": "v"}}]
)
def test_metadata_has_limits(values: Document) -> None:
    with pytest.raises(StripeRefusal):
        metadata({"metadata": values})
