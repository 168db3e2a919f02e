"""What is run against every broker: flags of `varve bench`, and the figure that counts."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    what: str
    flags: tuple
    figure: str  # "rate": messages delivered per second; "confirm": median time of a confirm


def one_to_one(size, *flags):
    return ("--size", str(size), "--publishers", "1", "--consumers", "1", *flags)


def one_to_one_text(size):
    return f"1 publisher, 1 consumer, {size}, confirm window 1,000, prefetch 1,000, ack every 100"


WINDOW = ("--confirm", "1000", "--prefetch", "1000", "--ack-every", "100")

WORKLOADS = {workload.name: workload for workload in (
    Workload("W1", one_to_one_text("100 B"), one_to_one(100, *WINDOW), "rate"),
    Workload("W2", one_to_one_text("1 KiB"), one_to_one(1024, *WINDOW), "rate"),
    Workload("W3", one_to_one_text("16 KiB"), one_to_one(16384, *WINDOW), "rate"),
    Workload("W4", "one confirm at a time, 1 KiB", one_to_one(1024, "--confirm", "1"), "confirm"),
    Workload("W5", "fan-out to 4 queues, 1 KiB",
             ("--exchange", "fanout", "--queues", "4", "--publishers", "1", "--consumers", "4", *WINDOW), "rate"),
    Workload("W6", "100 queues, 10 publishers, 10 consumers, 1 KiB",
             ("--queues", "100", "--publishers", "10", "--consumers", "10", *WINDOW), "rate"),
    Workload("W9", "1 publisher, 1 consumer, 1 KiB, prefetch 4, every message acknowledged by itself",
             one_to_one(1024, "--confirm", "1000", "--prefetch", "4"), "rate"),
)}
