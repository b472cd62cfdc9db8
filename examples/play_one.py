"""Play one support conversation with the model of your choice, and print it.

python examples/play_one.py --lm local/qwen2.5-coder-1.5b-instruct
python examples/play_one.py --lm openai/gpt-4o-mini --lang zh --topic risk_and_security
"""

from __future__ import annotations

import argparse

from rich.console import Console

from csc_dspy.corpora.view import conversation_view
from csc_dspy.errors import CscError
from csc_dspy.framework import LANGS, Topic
from csc_dspy.lms.models import Models
from csc_dspy.programs.asking import GuardError
from csc_dspy.programs.roleplay import PLAY_ROLES, RolePlay
from csc_dspy.usage import Ledger

PEOPLE = {
    "en": "Ines, 45, a piano teacher who pays everything by bank transfer, forgets nothing and dislikes being rushed.",
    "zh": "罗敏，45岁，钢琴老师，付款从来只用银行转账，记性很好，最不喜欢别人催她。",
}


def main() -> None:
    """Bind one model to all five roles and let them play."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lm", required=True, help="any model name: local/NAME, openai/NAME, ollama_chat/NAME, …")
    parser.add_argument("--api-base", help="base URL for OpenAI-compatible servers, with /v1")
    parser.add_argument("--lang", choices=LANGS, default="en")
    parser.add_argument("--topic", choices=[topic.value for topic in Topic], default="account_and_transactions")
    given = parser.parse_args()
    with Models(api_base=given.api_base) as models, Ledger() as ledger:
        play = RolePlay(given.lang)
        try:
            play.bind(dict.fromkeys(PLAY_ROLES, models.open(given.lm)))
            played = play(id="example", topic=given.topic, notes=PEOPLE[given.lang])
        except GuardError as error:
            raise SystemExit(f"given up, a reply stayed faulty ({error}); small models do that now and then") from None
        except CscError as error:
            raise SystemExit(f"error: {error}") from None
    console = Console()
    console.print(conversation_view(played.conversation))
    console.print(f"ended: {played.stop}; asked again: {played.faults or 'never'}; {ledger.total.tokens:,} tokens")


if __name__ == "__main__":
    main()
