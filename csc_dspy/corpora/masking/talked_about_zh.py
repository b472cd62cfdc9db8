"""Chinese names of people who are talked about: "我跟王芳说过", "昨天李娟告诉我可以退", "一位叫周敏的客服"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.surnames_zh import COMMON, GIVEN, OFTEN, given_end

_NAME = rf"(?:[{OFTEN}]{GIVEN}{{1,2}}|[{COMMON}]{GIVEN}{{2}})"
_END = r"\s*(?:$|[,，.。、；;：:！!？?）)\]\n\"”~～])"
_DOES = (
    r"上|说|讲|聊|谈|问|打|联系|沟通|反映|反馈|确认|核实|告诉|商量|了解|咨询|处理|接|签|收|办|帮|给|答应|承诺|表示|过|了"
    r"|也|就|在|去|来|昨|今|明天|前天|已|没|不|的|那|这|先生|女士|小姐|经理|老师|师傅|吗|吧|呢|和|跟|转|送|负责|安排"
    r"|介绍|推荐|上门|回|把|让|要|会|能|可"
)
_BEFORE = re.compile(
    rf"(?:跟|找|告诉|告知|通知|联系|联系了|转给|转告|转接|转接到|转到|交给|发给|打给|借给|卖给|送给|寄给|问一下|问了"
    rf"|问过|问问|问|一[位个]叫|有[个位]叫|[位个名]叫|名叫|叫做|投诉|表扬|感谢|找一下|找到|麻烦|让|由|替|认识|答复"
    rf"|碰到|遇到|约了|等|陪|给|和)(?:一下|的|我|了|过)?(?P<name>{_NAME})(?={_DOES}|{_END})"
)
_SUBJECT = re.compile(
    rf"(?P<name>{_NAME})(?:就|也|都|又|还|已经|当时|昨天|今天|之前|一直|刚才|刚刚)?"
    r"(?=告诉|告知|通知我|跟我|和我|对我|向我|给我|帮我|让我|叫我|联系|答应|承诺|接待|打电话|打来|来电|回电|说(?:可以"
    r"|会|要|让|是|的|过|不|没|给|他|她|等|已|能|这|好|需)|处理的|签收|代收|代签|负责的|上门|经手|接手|跟进|回复|办的"
    r"|接的|填的|下的|买的|订的|付的|登记|拿走|取走|送来|送到|寄来|发来|来过|去过|不在|在家|不肯|不让|没接|没来|没给)"
)
RELATIVES = (
    "邻居|亲戚|朋友|同学|同事|室友|合租|表[哥姐弟妹]|堂[哥姐弟妹]|舅舅|叔叔|阿姨|姑姑|姑妈|姨妈|舅妈|婶婶|岳父"
    "|岳母|公公|婆婆|媳妇儿?|女婿|外婆|外公|姥姥|姥爷|奶奶|爷爷|侄子|侄女|外甥女?|孙子|孙女|嫂子|姐夫|妹夫|前妻|前夫"
    "|男友|女友|男朋友|女朋友|未婚[妻夫]|闺女"
)
"""What somebody is to somebody else, beyond the closest."""
_NEIGHBOUR = re.compile(
    rf"(?:[我他她您你][妈爸哥姐弟妹爷奶姨舅叔姑]|{RELATIVES}|(?:部门?|科|小组|前台|柜台|门店|公司|店里|售后|售前|财务|物业)的|前台|柜台|保安|门卫|合伙人|员工|助理|秘书|保姆|租客|房客|队长|班长)(?P<name>{_NAME})(?={_DOES}|{_END})"
)
_BEFORE_SIGNS = frozenset("跟找诉知系给告接问叫扬谢让由替识约等和陪复到")
_SUBJECT_SIGNS = frozenset("诉知我系应诺待打电说理收签责门手办接填下买订付登走来到过在肯让给进复")
_NEIGHBOUR_SIGNS = frozenset(
    "邻戚友学事舅叔姨姑婶岳公婆婿奶爷侄甥孙妻夫伙儿子姥女员助书姆客长租媳哥姐弟妹部科组台店司后前务业安卫妈爸"
)
# What _NEIGHBOUR can have right before a surname: two classes are found much quicker than words.
_MAY_NEIGHBOUR = re.compile(
    f"[居戚友学事室租哥姐弟妹舅叔姨姑婶妈爸父母公婆奶爷姥妇媳儿婿子女夫妻的台安卫人工理书姆客长员][{COMMON}]"
)
_PATTERNS = ((_BEFORE, _BEFORE_SIGNS), (_SUBJECT, _SUBJECT_SIGNS), (_NEIGHBOUR, _NEIGHBOUR_SIGNS))
_SUBJECT_AFTER = frozenset("天次来前才后时周午上是但为过说听的位月号日")
"""Characters of words after which a clause can begin with a name."""


def may_talk_about(folded: str) -> bool:
    """Whether a text, or several joined ones, can name people who are talked about."""
    return any(_may_match(pattern, folded) and pattern.search(folded) for pattern, _ in _PATTERNS)


def _may_match(pattern: re.Pattern[str], folded: str) -> bool:
    """Whether it is worth while to search for a pattern; quick."""
    return pattern is not _NEIGHBOUR or _MAY_NEIGHBOUR.search(folded) is not None


def people_talked_about(text: Text) -> Iterator[tuple[int, int]]:
    """Where people are named whom somebody told, asked or quotes, or who are somebody's neighbour."""
    folded = text.folded
    for pattern, signs in _PATTERNS:
        for match in pattern.finditer(folded) if not text.lacks(signs) and _may_match(pattern, folded) else ():
            start, end = match.span("name")
            if pattern is _SUBJECT and _is_inside(folded, start):
                continue
            end = given_end(folded, start, end)
            if end - start >= 2:
                yield start, end


def _is_inside(folded: str, start: int) -> bool:
    """Whether a place follows a Chinese character that is no end of a word for a time or the like."""
    before = folded[start - 1 : start]
    return "\u4e00" <= before <= "\u9fff" and before not in _SUBJECT_AFTER
