"""Sweeps on Ray: a real cluster of two machines on this one, one of which is killed; folders that are seen and that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlanimated.errors import MlaError
from mlanimated.scale import cluster as module
from mlanimated.scale.cluster import Cluster, carried
from mlanimated.scale.subject import subject_of, tasks_of
from mlanimated.scale.sweep import Sweep, sweep
from mlanimated.scale.task import Task, Wants
from mlanimated.scale.work import trace_of, work
from mlanimated.trace import Trace
from scale.runs import alone, learnt_the_same, states

pytestmark = pytest.mark.slow


def tasks(folder: Path, seconds: float = 0.2, **fixed: int) -> list[Task]:
    spec = subject_of("sine-net").spec(fixed, {}, {}, samples=0, seeds=2, version="")
    return tasks_of(spec, folder, seconds)


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch):
    """A cluster of two machines with a core each."""
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "300")  # who else works here may be working hard
    import ray
    from ray.cluster_utils import Cluster as Machines

    module._library()
    made = Machines(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.second = made.add_node(num_cpus=1)
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_machine_costs_its_own_run_since_its_checkpoint(tmp_path: Path, machines, capfd) -> None:
    long = tasks(tmp_path, steps=60_000, record_every=100)
    engine = Cluster(machines.address, None, Wants())
    assert engine.workers == 2
    killed, found = False, []
    try:
        for outcome in engine.run(long, 1):
            if outcome is not None:
                found.append(outcome)
            elif not killed and all(states(trace_of(task)) for task in long):
                machines.remove_node(machines.second, allow_graceful=False)
                killed = True
    finally:
        engine.close()
    assert killed
    assert [outcome.status for outcome in found] == ["done", "done"]
    assert sorted(outcome.attempts for outcome in found) == [1, 2]
    for outcome in found:
        assert (outcome.resumed is None) == (outcome.attempts == 1)
    for task in long:
        learnt_the_same(
            Trace.open(trace_of(task)), alone("sine-net", steps=60_000, record_every=100, seed=task.point["seed"])
        )
    assert len("".join(capfd.readouterr()).splitlines()) < 10, "Ray's own words stay in its files"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_files_travel_where_the_folder_is_not_seen(tmp_path: Path, machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOKEN", ".sweep.elsewhere")  # here alone: the workers look for the other name
    first, second = tasks(tmp_path, steps=200)
    half = work_half(first)
    done = sweep("sine-net", fixed={"steps": 200}, seeds=2, folder=tmp_path, on=machines.address)
    by_name = {run.name: run for run in done.runs}
    assert by_name[first.name].outcome.resumed == half, "the state that lay here was taken along"
    assert by_name[second.name].outcome.resumed is None
    for run in done.runs:
        learnt_the_same(run.trace, alone("sine-net", steps=200, **run.point))
    with pytest.raises(MlaError, match="asks for 4 of CPU, and the largest machine of the cluster has 1"):
        sweep("sine-net", folder=tmp_path / "more", on=machines.address, wants=Wants(cpus=4))
    assert len(Sweep(tmp_path).done) == 2


def work_half(task: Task) -> int:
    """Run a task and cut it back to a state on its way."""
    from mlanimated.trace import Recorder

    assert work(task).status == "done"
    states = Trace.open(trace_of(task)).checkpoints
    if not states:  # too quick for one: keep one by hand
        from mlanimated.recipes import find
        from mlanimated.trace import Stopped

        recipe = find("sine-net")
        run = recipe.runs(recipe.arguments(steps=200, seed=task.point["seed"]))[""]
        with Recorder(trace_of(task), args=run.args, overwrite=True, checkpoint_steps=100) as recorder:
            remote = recorder.remote

            class Halting:
                def tick(self, step: int, state=None) -> None:
                    if step == 100:
                        remote.stop()
                    recorder.tick(step, state)

                def __getattr__(self, name: str):
                    return getattr(recorder, name)

            with pytest.raises(Stopped):
                run.train(run.args, Halting())
        states = Trace.open(trace_of(task)).checkpoints
    assert set(carried(task)) == {f"{task.name}.mla"}
    return states[-1]
