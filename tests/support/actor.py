"""Answers for the loopback server: every role of a role-play, by rote, in either language.

An answer depends on the request's body alone. The texts are put together from word lists, so that they differ enough
from each other to pass the echo guard and the rules, while no model is needed to write them.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from csc_dspy.framework import Strategy

Leaver = Literal["customer", "supporter", "either"]

_CJK = re.compile(r"[\u4e00-\u9fff]")
_SUPPORTER_LINE = re.compile(r"^(?:Supporter|客服)\b[^\n]*", re.MULTILINE)
_FIELD = re.compile(r"^- (\w+)", re.MULTILINE)

STAGES = ("connecting", "identifying", "exploring", "resolving", "maintaining")
ASKING = {"identity_verification", "restatement_or_paraphrasing", "problem_refinement", "providing_suggestions"}
TELLING = {"information_delivery", "resolution_implementation"}
CLOSURE = "appreciation_and_closure"

_EN = (
    (
        "About the kettle|On the green form|Regarding Tuesday|For the blue parcel|After the storm|Under the old tariff|"
        "With two cousins here|Beside the harbour|Before lunch|Since the market closed|During the concert|"
        "At the garage|Past the railway bridge|Inside the brochure|Over the long weekend|Without any hurry"
    ),
    (
        "a small yellow label|the night porter|somebody from accounting|the red booklet|one of the drivers|"
        "every second page|the neighbour upstairs|that noisy printer|a retired sailor|the warehouse clock|"
        "the quiet aunt|the last invoice|a wooden crate|the evening tram|this tired keyboard|a careful plumber"
    ),
    (
        "shows|mentions|keeps|carries|follows|explains|returns|measures|paints|counts|borrows|repeats|covers|signs|"
        "folds|weighs"
    ),
    (
        "seventeen numbers|a crooked line|the missing stamp|both receipts|an empty box|some purple ink|"
        "the second address|half a page|three small photos|a friendly note|ninety euros|the upper shelf|"
        "a broken hinge|the winter schedule|fresh coffee|an odd signature"
    ),
    (
        "near the window|in plain words|by Friday noon|for good reasons|with a pencil|until the spring|on the desk|"
        "without a sound|under the lamp|twice a month|in the left corner|before the holidays|as usual|at last|"
        "on the other side|from beginning to end"
    ),
)
_ZH = (
    "关于蓝色包裹|星期二下午|暴雨过后|按照旧的资费|在码头旁边|午饭之前|音乐会期间|修车铺那里|过了铁路桥|长周末里|不慌不忙地|月底对账时|搬家那天|隔壁装修时|清早出门前|地铁站门口",
    "黄色小标签|夜班门卫|财务的同事|红色小册子|一位司机|每隔一页|楼上邻居|吵闹的打印机|退休的海员|仓库的挂钟|安静的姑妈|最后一张发票|木头箱子|傍晚的电车|旧键盘|细心的水管工",
    "写明了|提到了|保留着|带来了|说明了|退回了|量过了|数清了|借走了|盖住了|签下了|折好了|称过了|画出了|找到了|记下了",
    "十七个数字|一条歪线|缺少的邮票|两张收据|空的盒子|紫色墨水|第二个地址|半页说明|三张小照片|友好的便条|九十块钱|上层的架子|断掉的合页|冬季时刻表|新鲜咖啡|奇怪的笔迹",
    "就在窗户旁|用大白话|到周五中午|理由很充分|用铅笔写的|一直到春天|放在书桌上|悄无声息|在台灯下面|每月两次|在左边角落|假期之前|和往常一样|总算好了|在另外一侧|从头到尾",
)
WORDS = {"en": tuple(part.split("|") for part in _EN), "zh": tuple(part.split("|") for part in _ZH)}
FORMS = {"en": "{} {} {} {} {}", "zh": "{}，{}{}{}，{}"}
OPENINGS = (
    ("Greeting", "礼貌问候", "Good morning and welcome", "早上好，欢迎致电"),
    ("Identity Verification", "确认身份", "A name and a number first, please", "先请说一下姓名和号码"),
    ("Restatement or Paraphrasing", "重述或转述", "So what you say is this", "您的意思是"),
    ("Problem Refinement", "细化问题", "Please tell me one thing more", "请再说明一点"),
    ("Feedback Request", "反馈请求", "Please say how content you are", "请评价一下这次服务"),
    ("Appreciation and Closure", "感谢与告别", "Thank you and goodbye", "谢谢，再见"),
)


def sentence(draw: random.Random, lang: str) -> str:
    """A sentence about nothing; two of them are hardly ever alike."""
    return FORMS[lang].format(*(draw.choice(part) for part in WORDS[lang]))


class RolePlayActor:
    """Plays every role so that conversations move on through the stages and end.

    Attributes:
        rounds: Supporter turns of a conversation; it has ``2 * rounds - 1`` utterances.
        leaves: Who ends it, where the rules let them.
        verdict: What the judge gives on each point.
    """

    def __init__(self, *, rounds: int = 7, leaves: Leaver = "either", verdict: int = 1) -> None:
        self.rounds = rounds
        self.leaves = leaves
        self.verdict = verdict

    def __call__(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The content of an answer: one value for each property of the request's schema."""
        draw = random.Random(digest(body))
        user = str(body["messages"][-1]["content"])
        lang = "zh" if _CJK.search(str(body["messages"][0]["content"])) else "en"
        properties = schema_of(body)
        turns = len(_SUPPORTER_LINE.findall(user))
        answer = {name: self._value(name, enum, draw, lang, turns, user) for name, enum in properties.items()}
        if "stage" in properties and properties.get("strategy"):
            answer["strategy"] = self._strategy(properties["strategy"], answer["stage"], draw, turns + 1)
        return answer

    def _value(self, name: str, enum: Sequence[Any], draw: random.Random, lang: str, turns: int, user: str) -> Any:
        if enum:
            return self._choice(name, enum, draw, turns, user)
        said = sentence(draw, lang)
        if name == "profile":
            more = "".join(f"{sentence(draw, lang)}{'。' if lang == 'zh' else '. '}" for _ in range(4)).strip()
            return f"你是王小{draw.choice('明红军')}。{more}" if lang == "zh" else f"You are Ann Lee. {more}"
        if name == "scenario":
            return f"客户来电：{said}。" if lang == "zh" else f"The customer calls. {said}."
        if name == "goal":
            return f"达成目的：{said}。" if lang == "zh" else f"To have it settled: {said.lower()}."
        if name == "facts":
            mark = "？" if lang == "zh" else "?"
            return [{"question": sentence(draw, lang) + mark, "answer": sentence(draw, lang)} for _ in range(3)]
        if name == "direction":
            return f"客户说明{said}" if lang == "zh" else f"The customer says that {said.lower()}"
        if name in ("agent_says", "customer_says"):
            asked = user.rsplit("\n##", 1)[-1].partition("\n")[2]
            for name_en, name_zh, english, chinese in OPENINGS:
                if asked.startswith((name_en, name_zh)):
                    said = f"{chinese}，{said}" if lang == "zh" else f"{english}, {said.lower()}"
        return f"{said}。" if lang == "zh" else f"{said}."

    def _choice(self, name: str, enum: Sequence[Any], draw: random.Random, turns: int, user: str) -> Any:
        if name in ("strategy", "demands", "natural", "varied", "roles") and set(enum) <= {0, 1}:
            return self.verdict if self.verdict in enum else enum[0]
        if name == "over":
            leaves = {"customer": True, "supporter": False}.get(self.leaves, draw.random() < 0.5)
            return "yes" if "yes" in enum and leaves and turns >= self.rounds - 1 else "no"
        if name == "stage":
            return self._paced(enum, turns + 1)
        return draw.choice(list(enum))

    def _strategy(self, enum: Sequence[str], stage: str, draw: random.Random, turn: int) -> str:
        if CLOSURE in enum and turn >= self.rounds:
            return CLOSURE
        fitting = [value for value in enum if value != CLOSURE] or list(enum)
        # Typical of the stage, so that it counts as reached; then a solution without a question, so that the
        # customer may leave.
        fitting = [value for value in fitting if stage in Strategy(value).stages] or fitting
        if turn == self.rounds - 1:
            telling = [value for value in enum if value in TELLING]
            fitting = telling or [value for value in fitting if value not in ASKING] or fitting
        return draw.choice(fitting)

    def _paced(self, enum: Sequence[str], turn: int) -> str:
        """As early a stage as still lets the resolving one be reached in the turn before the last."""
        known = [stage for stage in STAGES if stage in enum]
        if not known:
            return str(enum[0])
        wanted = max(1, STAGES.index("resolving") - max(0, self.rounds - 1 - turn))
        return next((stage for stage in known if STAGES.index(stage) >= wanted), known[-1])


def digest(body: Mapping[str, Any]) -> int:
    """A number that stands for the body."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def schema_of(body: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Property to its allowed values, empty for free text, in the schema's order.

    Without a schema, the fields that the system prompt names.
    """
    asked = body.get("response_format") or {}
    if "json_schema" not in asked:
        names = _FIELD.findall(str(body["messages"][0]["content"]).rsplit("\n\n", 1)[-1])
        return {name: [] for name in names}
    schema = asked["json_schema"]["schema"]
    return {name: _enum(field, schema) for name, field in schema["properties"].items()}


def _enum(field: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Any]:
    if "$ref" in field:
        field = schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]
    return [field["const"]] if "const" in field else list(field.get("enum", []))
