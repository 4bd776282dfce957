"""A small image made on the spot from a static busybox, to try things with and no network."""

from aiocontainerd.sample.image import SAMPLE_NAME as SAMPLE_NAME
from aiocontainerd.sample.image import make_sample as make_sample
from aiocontainerd.sample.load import ensure_sample as ensure_sample
