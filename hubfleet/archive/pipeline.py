"""From a producer to a file, through encryption, with a copy for whoever compares: threads, pipes, and one clear error.

Every descriptor is closed by whoever used it last, and no thread outlives the call: a number that the kernel gives
out again must never get bytes that were meant for another file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from hubfleet.archive.pump import Pumped, Worker, pump
from hubfleet.archive.seal import Seal
from hubfleet.errors import HubfleetError, Interrupted, Refused

Produce = Callable[[int], object]


def through(produce: Produce, also: Sequence[int], file: int, seal: Seal) -> Pumped:
    """From the producer to the file, encrypted or not, and in clear to `also`.

    Args:
        produce: writes to a descriptor that it is given, and returns at the end.
        also: further descriptors.
        file: descriptor of the file.
        seal: whether it is encrypted.

    Returns:
        What came into the file.

    Raises:
        OSError: the file can not be written.
        HubfleetError: the producer or age failed.
    """
    troubles: list[BaseException] = []
    workers: list[Worker] = []
    plain_out, plain_in = os.pipe()
    if seal.recipients:
        clear_out, clear_in = os.pipe()
        sealed_out, sealed_in = os.pipe()
        workers.append(Worker(lambda: _closing(lambda: pump(plain_out, (clear_in, *also)), plain_out, clear_in)))
        workers.append(Worker(lambda: _closing(lambda: seal.encrypt(clear_out, sealed_in), clear_out, sealed_in)))
        last = Worker(lambda: _closing(lambda: pump(sealed_out, (file,)), sealed_out))
    else:
        last = Worker(lambda: _closing(lambda: pump(plain_out, (file, *also)), plain_out))
    try:
        produce(plain_in)
    except BaseException as trouble:  # noqa: BLE001  raised below, when nobody writes into the descriptors any more
        produced = [trouble]
    else:
        produced = []
    os.close(plain_in)
    for worker in (*workers, last):
        gather(worker, troubles)
    troubles += produced
    if troubles or not isinstance(last.result, Pumped):
        raise worst(troubles)
    return last.result


def _closing(work: Callable[[], object], *descriptors: int) -> object:
    """Do the work and close its descriptors, so that both neighbours in a pipeline see its end."""
    try:
        return work()
    finally:
        for each in descriptors:
            os.close(each)


def gather(worker: Worker, troubles: list[BaseException]) -> None:
    """Wait for a worker, and add its failure to the others."""
    try:
        worker.done()
    except (HubfleetError, OSError) as trouble:
        troubles.append(trouble)


def worst(troubles: list[BaseException]) -> BaseException:
    """Of the failures of one pipeline, the one that caused the others: the rest are broken pipes and early ends."""

    def rank(trouble: BaseException) -> int:
        if isinstance(trouble, BrokenPipeError):
            return 3
        if isinstance(trouble, HubfleetError) and not isinstance(trouble, Refused | Interrupted):
            return 2
        return 1 if isinstance(trouble, Refused) else 0

    return min(troubles, key=rank)
