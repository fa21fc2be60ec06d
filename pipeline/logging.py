"""Logs: one JSON object a line on standard error, without phone numbers, e-mail addresses and keys."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType

import orjson
import structlog

from pipeline.masking import Mask


def log_to_stderr(secrets: Sequence[str] = ()) -> None:
    """Set up the logs of this process, those of libraries and the traceback that it may end with: all are masked, and
    nothing that is among `secrets` shows."""
    mask = Mask(secrets)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask.event,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _mask_libraries(mask)
    _mask_farewell(mask)


def _mask_libraries(mask: Mask) -> None:
    made = logging.LogRecord

    def masked_record(*given: object, **named: object) -> logging.LogRecord:
        record = made(*given, **named)  # type: ignore[arg-type]  # as the factory is called
        said = record.getMessage()
        if mask(said) != said:
            record.msg, record.args = mask(said), ()
        if record.exc_info:
            # What is written there already, no formatter writes anew.
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return record

    logging.setLogRecordFactory(masked_record)


def _mask_farewell(mask: Mask) -> None:
    def farewell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(mask("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = farewell


def _line(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
