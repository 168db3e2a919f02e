"""Where Varve's time goes in a workload: system calls per message, samples by part and function, a flame graph."""

import argparse
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "comparison"))

import flame_graph  # noqa: E402
import stacks  # noqa: E402
from brokers import Varve  # noqa: E402
from runs import bench  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

CALLS = ("recvfrom", "sendmsg", "sendto", "read", "write", "pwrite64", "pwritev", "pwritev2", "fdatasync", "epoll_wait",
         "epoll_ctl", "futex", "mmap", "munmap", "madvise")
# The innermost frame that matches counts: a part includes what it calls, without what is a part of its own.
PARTS = (
    ("zero-filling new journal files", r"^(FilePool::|journal files$)"),
    ("journal: write", r"^(Journal::append|journal::ActiveFile)"),
    ("journal: checksum", r"^(journal::encode|Xxh3Stream)"),
    ("journal: sync", r"^Journal::sync"),
    ("committer: gather, apply, complete", r"^(Committer::|GroupCommit::|EngineState::|committer$)"),
    ("checkpoints and the store", r"^(Upkeep::|write_checkpoint|rocksdb::|checkpoint$|rocksdb$)"),
    ("socket: read", r"^(Stream::read_some|__libc_recv)"),
    ("socket: write", r"^(Stream::write_some|__libc_sendmsg)"),
    ("event loop: waiting and waking", r"epoll_reactor::(run|interrupt)|^epoll_(wait|ctl)"),
    ("parsing and assembling", r"^amqp::(Connection::(parse|step|on_)|FrameReader|PublishAssembler|Channel::on_)"),
    ("routing", r"^(BrokerShard::|Vhost::|Exchange)"),
    ("batch of records: build", r"^(CommitBuffer::|RecordBatchBuilder|record_codec::append)"),
    ("queue: find the record", r"^(Queue::find|PriorityLevel::find|RecordCursor|record_codec::(decode|size_at))"),
    ("queue: deliver and settle", r"^(Queue::|QueueTable::|DurableLane|TransientLane|ConsumerList)"),
    ("frames for consumers", r"^amqp::(Channel::deliver|FrameWriter|Outbox)"),
    ("between shards", r"^(OutgoingMail|BrokerShard::Parts::receive|Letter)"),
)


def parse_arguments():
    flows = [name for name, workload in WORKLOADS.items() if workload.kind == "flow"]
    parser = argparse.ArgumentParser(prog="bench/profile", description=__doc__)
    parser.add_argument("workloads", nargs="+", metavar="WORKLOAD", choices=flows, help=f"of {', '.join(flows)}")
    parser.add_argument("-d", "--duration", type=int, default=6, help="of each of the two runs, seconds [%(default)s]")
    parser.add_argument("-o", "--output", type=pathlib.Path, metavar="FOLDER", help="flame graphs go there, as SVG")
    arguments = parser.parse_args()
    if not shutil.which("perf"):
        parser.error("no perf on this machine: tools/setup bench, or apt-get install linux-perf")
    return arguments


def observed(workload, duration, observer):
    """The report of a run, all of which `observer(pid)`, a perf command, has watched."""
    with Varve() as broker:
        watching = subprocess.Popen(observer(broker.process.pid), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, cwd=broker.folder)
        begin = broker.cpu_seconds()
        report = bench(broker, "--duration", f"{duration}s", *workload.flags)
        report["cpu_us"] = (broker.cpu_seconds() - begin) * 1e6 / report["received"]
        watching.send_signal(2)  # perf writes what it has on SIGINT
        watching.wait()
        return report, result_of(broker.folder)


def result_of(folder):
    counts = pathlib.Path(folder, "counts")
    if counts.exists():
        return counts.read_text()
    return subprocess.run(["perf", "script", "--no-inline", "-F", "tid,ip,sym", "-i", f"{folder}/samples"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout


def count_calls(pid):
    events = [word for call in CALLS for word in ("-e", f"syscalls:sys_enter_{call}")]
    return ["perf", "stat", "-x", ",", "-o", "counts", *events, "-e", "context-switches", "-p", str(pid)]


def sample(pid):
    # 20 KiB of stack: the journal has a list of pieces on it.
    return ["perf", "record", "-q", "-F", "399", "--call-graph", "dwarf,20480", "-o", "samples", "-p", str(pid)]


def calls_per_message(text, received):
    for line in text.splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[0].isdigit() and int(fields[0]) / received >= 0.00005:
            yield fields[2].removeprefix("syscalls:sys_enter_"), int(fields[0]) / received


def table(title, rows, cpu_us):
    yield f"| {title} | share | µs per message |"
    yield "|---|---|---|"
    for name, share in rows:
        if share >= 0.005:
            yield f"| {name} | {share:.1%} | {share * cpu_us:.3f} |"
    yield ""


def profile(name, duration, output):
    workload = WORKLOADS[name]
    counted, calls = observed(workload, duration, count_calls)
    sampled, samples = observed(workload, duration, sample)
    counts = stacks.folded(stacks.parse(samples))
    yield f"**{name}**: {workload.what}"
    yield ""
    yield (f"{counted['deliver']['messages_per_second']:,.0f} delivered/s, {counted['cpu_us']:.2f} µs of CPU per delivery "
           f"(while sampled: {sampled['cpu_us']:.2f} µs, {sum(counts.values()):,} samples)")
    yield ""
    yield "| system call | per delivery | deliveries for each |"
    yield "|---|---|---|"
    for call, per_message in calls_per_message(calls, counted["received"]):
        yield f"| {call} | {per_message:.4f} | {1 / per_message:,.1f} |"
    yield ""
    yield from table("thread", stacks.share_of_threads(counts), counted["cpu_us"])
    yield from table("part", stacks.share_of_parts(counts, PARTS), counted["cpu_us"])
    yield from table("function, by itself", stacks.share_of_leaves(counts)[:15], counted["cpu_us"])
    if output:
        output.mkdir(parents=True, exist_ok=True)
        title = f"{name}: {workload.what}"
        pathlib.Path(output, f"flame-{name}.svg").write_text(flame_graph.draw(counts, title))


def main():
    arguments = parse_arguments()
    for name in arguments.workloads:
        for line in profile(name, arguments.duration, arguments.output):
            print(line, flush=True)


if __name__ == "__main__":
    main()
