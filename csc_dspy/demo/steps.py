"""The steps of the demo, in order. A new stage of the pipeline adds its step before ``Where to look``."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from csc_dspy.conversation import Conversation, read_conversations, write_records
from csc_dspy.corpora import samples
from csc_dspy.corpora.importing import import_calls
from csc_dspy.corpora.pictures import draw
from csc_dspy.corpora.statistics import describe
from csc_dspy.corpora.view import conversation_view, statistics_view
from csc_dspy.demo.outcome import causes_of_failure, read_dropped, read_kept
from csc_dspy.demo.tour import Demo, Step
from csc_dspy.distillation.base import need_trainer
from csc_dspy.distillation.distill import Distillation, distill
from csc_dspy.errors import ModelError, RunError
from csc_dspy.evaluation.evaluate import Evaluation, evaluate
from csc_dspy.evaluation.report import Report
from csc_dspy.evaluation.score import score
from csc_dspy.framework import LANGS, Lang, Stage, Strategy
from csc_dspy.jobs import JobSummary, paths_of
from csc_dspy.lms.download import show_progress
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.models import Models
from csc_dspy.lms.student import FILE
from csc_dspy.lms.weights import ensure_weights, find_weights, is_present
from csc_dspy.lms.wire import WireCheck, check_wire
from csc_dspy.optimizers.compile import compile_program
from csc_dspy.optimizers.options import Compilation
from csc_dspy.optimizers.report import described
from csc_dspy.rewriting.csconv import Rewriting, rewrite
from csc_dspy.synthesis.rolecs import Synthesis, synthesize
from csc_dspy.usage import rough_tokens


def weights(demo: Demo) -> None:
    """Have the model's file."""
    if not demo.lm.startswith("local/"):
        with Models(api_base=demo.api_base) as models:
            models.check(demo.lm)
        demo.say(f"{demo.lm} needs none from the catalogue.")
        return
    entry = find_weights(demo.lm)
    here = is_present(entry)
    with show_progress(entry.name) as progress:
        path = ensure_weights(entry, progress=progress)
    demo.say(f"{entry.name}: {entry.size / 1e6:,.0f} MB, licence {entry.licence}, speaks {entry.languages}")
    demo.say(f"{'here already' if here else 'downloaded, sha256 verified'}: {path}")


def framework(demo: Demo) -> None:
    """Stages and strategies in three lines."""
    demo.say(f"stages:     {' → '.join(stage.names.en for stage in Stage)}")
    demo.say(f"strategies: {', '.join(strategy.names.en for strategy in Strategy)}")
    demo.say("Every supporter turn carries exactly one strategy. Definitions: csc-dspy framework [--lang zh]")


def wire(demo: Demo) -> None:
    """Prove that the model's endpoint holds a JSON schema, once."""
    check = _known_check(demo)
    if check is None:
        with Models(api_base=demo.api_base) as models:
            check = check_wire(models.open(demo.lm))
        if not check.answers:
            raise ModelError(f"{check.model} does not answer: {check.detail}")
        demo.wire_report.write_text(json.dumps(asdict(check), ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        demo.say(f"checked before ({demo.wire_report}); again: csc-dspy doctor --lm {demo.lm}")
    if check.json_schema:
        demo.say(f"Asked for the colour of a banana with only wrong ones allowed, it said {check.detail!r}:")
        demo.say("the schema holds, so a role can only answer in the asked form and with an allowed strategy.")
    else:
        demo.say(f"The schema does not hold ({check.detail}): answers are checked, and faulty ones asked again.")


def _known_check(demo: Demo) -> WireCheck | None:
    if demo.fresh or not demo.wire_report.is_file():
        return None
    try:
        check = WireCheck(**json.loads(demo.wire_report.read_text(encoding="utf-8")))
    except (ValueError, TypeError):  # cut off, or of another version: ask again
        return None
    return check if check.model == demo.lm else None


def play(demo: Demo) -> None:
    """Play conversations; a dropped one is a result too, and shown."""
    for lang in demo.langs:
        _play(demo, lang)


def _play(demo: Demo, lang: Lang) -> None:
    output = demo.output(lang)
    summary = synthesize(
        Synthesis(
            output=output,
            count=demo.count,
            lang=lang,
            lm=demo.lm,
            api_base=demo.api_base,
            least=demo.least,
            fresh=demo.fresh,
        )
    )
    _tell(demo, summary, output, "This is what was played:")


def read(demo: Demo) -> None:
    """Read the package's own raw calls."""
    demo.say(import_calls(samples.CALLS, demo.calls).note)


def rewriting(demo: Demo) -> None:
    """Rewrite the shortest call of each language."""
    calls = list(read_conversations(demo.calls))
    write_records(demo.chosen, [min((one for one in calls if one.lang == lang), key=_length) for lang in LANGS])
    job = Rewriting(calls=demo.chosen, output=demo.csconv, lm=demo.lm, api_base=demo.api_base, fresh=demo.fresh)
    summary = rewrite(job)
    _tell(demo, summary, demo.csconv, "This is how it was rewritten:")
    if kept := read_kept(demo.csconv):
        demo.console.print(conversation_view(kept[0]))


def _length(call: Conversation) -> int:
    return rough_tokens("".join(turn.text for turn in call.turns))


def _tell(demo: Demo, summary: JobSummary, output: Path, heading: str) -> None:
    """Say what a job did; a dropped conversation is a result too, and shown."""
    demo.say(summary.describe())
    if summary.failed:
        cause = next(iter(causes_of_failure(output).values()), "unknown")
        raise RunError(f"{summary.failed} of the conversations failed: {cause}; the same command tries again")
    kept, dropped = read_kept(output), read_dropped(output)
    demo.say(f"{len(kept)} of {len(kept) + len(dropped)} passed the filter: {output}")
    for one in dropped:
        demo.say(f"dropped by {one.group}: {one.cause}", style="yellow")
    if not dropped:
        return
    demo.say(f"What is dropped is kept beside the output: {paths_of(output)['dropped']}")
    if made := next((one.conversation for one in dropped if one.conversation), None):
        demo.say(heading)
        demo.console.print(conversation_view(made))


def compiling(demo: Demo) -> None:
    """Tune the annotator of one language on the package's gold samples; the beginnings of three say what it gained."""
    gold = list(read_conversations(samples.GOLD[demo.langs[0]]))
    parts = {"train": gold[3:], "val": [_begun(gold[0], 8)], "test": [_begun(one, 6) for one in gold[1:3]]}
    files = {name: demo.folder / f"gold.{name}.jsonl" for name in parts}
    for name, part in parts.items():
        write_records(files[name], part)
    done = compile_program(
        Compilation(
            program="annotator",
            optimizer="knn",
            train=files["train"],
            validation=files["val"],
            heldout=files["test"],
            output=demo.compiled,
            lm=demo.lm,
            api_base=demo.api_base,
            budget=8,
            demos=3,
            fresh=demo.fresh,
        )
    )
    demo.say(described(done))
    demo.say(f"So few examples prove nothing; it shows how. Use it: csc-dspy annotate --program {demo.compiled} …")


def _begun(call: Conversation, turns: int) -> Conversation:
    return call.model_copy(update={"turns": call.turns[:turns]})


def distilling(demo: Demo) -> None:
    """Train the smallest student on what was played and the gold samples; it answers calls that it never saw."""
    if not is_local(demo.lm):
        demo.say(f"Left out, as {demo.lm} is not local: csc-dspy distill {demo.output('en')} -o student …")
        return
    try:
        need_trainer()
    except ModelError as error:
        demo.say(f"Left out: {error}.")
        return
    gold = list(read_conversations(samples.GOLD["en"]))
    learned = [*gold[_UNSEEN:], *(one for one in demo.kept() if one.lang == "en")]
    if not demo.learned.is_file() or list(read_conversations(demo.learned)) != learned:
        shutil.rmtree(demo.student, ignore_errors=True)  # what was trained on something else
    write_records(demo.learned, learned)
    write_records(demo.unseen, gold[:_UNSEEN])
    trained = (demo.student / FILE).is_file() and not demo.fresh
    settings = {"epochs": 3, "learning_rate": 2e-3, "length": 1024, "rows": 1, "checkpoints": 1}
    distill(
        Distillation(conversations=demo.learned, base=STUDENT, output=demo.student, settings=settings, fresh=demo.fresh)
    )
    answers = demo.folder / "answers.jsonl"
    lm = f"student:{demo.student}"
    evaluate(
        Evaluation(
            conversations=demo.unseen, output=answers, program="direct", lm=lm, train=demo.learned, fresh=not trained
        )
    )
    found = score(answers, train=demo.learned)
    assert isinstance(found, Report)
    sides = {"the student": found.scores, **found.baselines}
    right = ", ".join(
        f"{name} {one.value:.0f} %"
        for name, scores in sides.items()
        for one in scores
        if one.name == "accuracy" and one.value is not None
    )
    demo.say(f"Strategies right in {found.conversations} calls that it never saw: {right}.")
    demo.say(f"So few calls prove nothing; it shows how. Talk to it: csc-dspy chat --lm {lm}")


STUDENT = "smollm2-135m-instruct"
"""The smallest base of the catalogue, English only: trained in two minutes."""
_UNSEEN = 4


def statistics(demo: Demo) -> None:
    """Describe and draw what was played."""
    conversations = demo.kept()
    if not conversations:
        conversations = [one.conversation for one in demo.dropped() if one.conversation]
        demo.say("Nothing passed the filter, so this describes what was dropped.", style="yellow")
    if not conversations:
        demo.say("There is no conversation to describe.")
        return
    found = describe(conversations)
    demo.console.print(statistics_view(found))
    for path in draw(found, demo.pictures):
        demo.say(f"drawn: {path}")


def show(demo: Demo) -> None:
    """Show one conversation that passed."""
    kept = demo.kept()
    if kept:
        demo.console.print(conversation_view(kept[0]))
    else:
        demo.say("None passed the filter this time; those dropped are shown above. Larger models pass more often.")


def look(demo: Demo) -> None:
    """Say where to go on."""
    outputs = [*(demo.output(lang) for lang in LANGS), demo.csconv]
    full = [output for output in outputs if read_kept(output)]
    demo.say("Read the conversations, see their figures, and the runs with prompts, tokens and pictures:")
    for output in full:
        demo.say(f"  csc-dspy corpus view {output}")
    for output in full[:1]:
        demo.say(f"  csc-dspy corpus stats {output}")
    demo.say("  csc-dspy ui")
    demo.say(f"Pictures: {demo.pictures}")
    demo.say("More of them; --profiles takes your own people, --lm another model:")
    base = f" --api-base {demo.api_base}" if demo.api_base else ""
    demo.say(f"  csc-dspy synthesize -o rolecs.jsonl -n 20 --lm {demo.lm}{base}")


STEPS: tuple[Step, ...] = (
    Step(
        "Weights",
        "A local model runs inside this process, without an API key; its file is downloaded once.",
        weights,
        "a few minutes the first time",
    ),
    Step("Framework", "What the supporter is measured by: five stages and twelve strategies.", framework),
    Step(
        "Wire check",
        "Every role answers in JSON. Whether the model's server really holds it to a schema is proven by one call.",
        wire,
    ),
    Step(
        "Play",
        "A persona calls about a topic: a planner writes the scene, two assistants decide, a supporter and a "
        "customer speak; then free rules and a judge filter.",
        play,
        "about 6 minutes on two cores, and none where it is played already",
    ),
    Step(
        "Read raw calls",
        "Calls as call centres export them, in many layouts; every role is taken from the call itself.",
        read,
    ),
    Step(
        "Rewrite two calls",
        "A real call becomes one that a well-trained agent would have led, each turn labelled; its facts are compared.",
        rewriting,
        "about 4 minutes on two cores, and none where it is done already",
    ),
    Step(
        "Compile a program",
        "An optimizer tunes the program that labels turns: worked answers near to each question, made of gold labels.",
        compiling,
        "about two minutes on two cores, and none where it is done already",
    ),
    Step(
        "Distil a student",
        "A small model of your own learns from the conversations: what was said, and by which strategy.",
        distilling,
        "about three minutes on two cores, and none where it is done already",
    ),
    Step("Statistics", "Lengths, strategies by stage, what follows what: in numbers and pictures.", statistics),
    Step("A conversation", "One that passed, each turn with its stage and strategy.", show),
    Step("Where to look", "All of it is in files and in the run store.", look),
)
