"""Numbers about this process, as Prometheus reads them; each is handed to OpenTelemetry's meters as well."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from opentelemetry import metrics as otel

from capitalino.kit.auth import Public

NAME = "capitalino"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SERIES_MAX = 1000
"""A label with ever new values must not eat the memory: beyond this, a metric counts under `other`."""
Series = tuple[str, ...]


class Metric:
    """Numbers under one name, one for each combination of its labels."""

    kind = ""

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.name, self.meaning, self.labels = name, meaning, tuple(labels)

    def series(self, given: Mapping[str, str], known: Mapping[Series, object]) -> Series:
        """Where to count."""
        assert given.keys() == set(self.labels), f"{self.name} has the labels {self.labels}"
        found = tuple(given[label] for label in self.labels)
        return found if found in known or len(known) < SERIES_MAX else ("other",) * len(found)

    def line(self, suffix: str, series: Series, value: float, **more: str) -> str:
        """One line for Prometheus."""
        labels = dict(zip(self.labels, series, strict=True)) | more
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        number = f"{value:.0f}" if value == round(value) else repr(value)
        return f"{self.name}{suffix}{{{inside}}} {number}" if inside else f"{self.name}{suffix} {number}"

    def lines(self) -> Iterator[str]:
        """All lines for Prometheus."""
        raise NotImplementedError


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


class Counter(Metric):
    """Only grows."""

    kind = "counter"

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, meaning, labels)
        self._values: dict[Series, float] = {}
        self._otel = otel.get_meter(NAME).create_counter(name, description=meaning)

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count."""
        series = self.series(labels, self._values)
        self._values[series] = self._values.get(series, 0) + amount
        self._otel.add(amount, labels)

    def lines(self) -> Iterator[str]:
        """All lines for Prometheus."""
        yield from (self.line("", series, value) for series, value in self._values.items())


class Gauge(Metric):
    """Goes up and down."""

    kind = "gauge"

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, meaning, labels)
        self._values: dict[Series, float] = {}
        self._otel = otel.get_meter(NAME).create_gauge(name, description=meaning)

    def set(self, value: float, **labels: str) -> None:
        """Stands at `value` now."""
        self._values[self.series(labels, self._values)] = value
        self._otel.set(value, labels)

    def lines(self) -> Iterator[str]:
        """All lines for Prometheus."""
        yield from (self.line("", series, value) for series, value in self._values.items())


class Durations(Metric):
    """How long something takes: a histogram."""

    kind = "histogram"

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, meaning, labels)
        self._counts: dict[Series, list[int]] = {}
        self._sums: dict[Series, float] = {}
        self._otel = otel.get_meter(NAME).create_histogram(name, unit="s", description=meaning)

    def observe(self, seconds: float, **labels: str) -> None:
        """It took so long this time."""
        series = self.series(labels, self._counts)
        counts = self._counts.setdefault(series, [0] * (len(SECONDS) + 1))
        counts[bisect_left(SECONDS, seconds)] += 1
        self._sums[series] = self._sums.get(series, 0) + seconds
        self._otel.record(seconds, labels)

    def lines(self) -> Iterator[str]:
        """All lines for Prometheus."""
        for series, counts in self._counts.items():
            for limit, count in zip((*map(str, SECONDS), "+Inf"), accumulate(counts), strict=True):
                yield self.line("_bucket", series, count, le=limit)
            yield self.line("_sum", series, self._sums[series])
            yield self.line("_count", series, sum(counts))


class Registry:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}

    def add(self, *metrics: Metric) -> None:
        """Show these too; a name is given once."""
        for metric in metrics:
            assert self._metrics.setdefault(metric.name, metric) is metric, f"{metric.name} is there already"

    def text(self) -> str:
        """All of them, as Prometheus reads them."""
        parts = []
        for metric in self._metrics.values():
            parts += [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}"]
            parts += metric.lines()
        return "\n".join([*parts, ""])


def routes(registry: Registry) -> APIRouter:
    """/metrics, for Prometheus. Never routed to from outside."""
    router = APIRouter(tags=["health"])

    @router.get("/metrics", dependencies=[Public], include_in_schema=False)
    async def metrics() -> PlainTextResponse:
        """Tell the numbers of this process."""
        return PlainTextResponse(registry.text(), media_type="text/plain; version=0.0.4")

    return router
