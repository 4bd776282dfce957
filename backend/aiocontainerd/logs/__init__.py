"""Logs of containers: where they are by who made the container, their formats, and following them.

`find.py` asks the daemon and the maker's own files; `formats.py` reads lines into entries;
`logfile.py` reads one file from its end, and what comes in; `stepping.py` goes through it;
`reader.py` reads the files of a log together. All but `find_log` blocks: call it in a
thread, one call at a time.
"""

from aiocontainerd.logs.entries import Entry, time_of
from aiocontainerd.logs.find import find_log
from aiocontainerd.logs.reader import Batch, LogReader
from aiocontainerd.logs.source import LogFile, LogSource, NoLog

__all__ = [
    "Batch",
    "Entry",
    "LogFile",
    "LogReader",
    "LogSource",
    "NoLog",
    "find_log",
    "time_of",
]
