"""What the words beside a name say of its bearer: a man or a woman, the speaker or another.

So Mr Weber is not his wife, and Mary of the hotline not Mary who calls.
"""

from __future__ import annotations

import re
from typing import Literal

from csc_dspy.corpora.masking.words import word_set

Sex = Literal["", "m", "f"]
"""Empty when nothing tells."""

_LONGEST = 40
_NAMED = r"(?:(?:,|\s?:|'s\sname\sis|\s(?:is|was|called|named))*[,\s]+)"
_BEFORE = re.compile(
    r"(?P<f>\b(?:mrs|ms|miss|madam|wife|mother|mom|mum|daughter|sister|girlfriend|aunt|auntie|niece|grandma|grandmother"
    rf"|granny|nan|landlady|fiancée)(?:-in-law|\sin\slaw)?\.?{_NAMED}|(?:老婆|太太|妻子|媳妇|女儿|妈妈?|母亲|姐姐?|妹妹?"
    r"|女友|女朋友|未婚妻|前妻|奶奶|外婆|婆婆|岳母|阿姨|姑姑|舅妈|婶婶)(?:的?名字)?(?:叫做?|是)?\s?)$"
    r"|(?P<m>\b(?:mr|mister|sir|husband|father|dad|son|brother|boyfriend|uncle|nephew|grandpa|grandfather|landlord"
    rf"|fiancé)(?:-in-law|\sin\slaw)?\.?{_NAMED}|(?:老公|丈夫|儿子|爸爸?|父亲|哥哥?|弟弟?|男友|男朋友|未婚夫|前夫|爷爷"
    r"|外公|公公|岳父|叔叔|舅舅)(?:的?名字)?(?:叫做?|是)?\s?)$",
    re.IGNORECASE,
)
_AFTER = re.compile(r"(?P<f>女士|小姐|太太|阿姨|大姐|大妈)|(?P<m>先生|叔叔|大爷|大哥)")
_LAST_WORDS = word_set(
    "mrs ms miss madam wife mother mom mum daughter sister girlfriend aunt auntie niece grandma grandmother granny nan"
    " landlady fiancée mr mister sir husband father dad son brother boyfriend uncle nephew grandpa grandfather landlord"
    " fiancé law mother-in-law father-in-law sister-in-law brother-in-law daughter-in-law son-in-law"
    " is was called named"
)
"""The words that can be last before a name here: a quick look before the long one."""


def sex_at(folded: str, start: int, end: int) -> Sex:
    """Whether a name at a place is a man's or a woman's: "Mrs", "my brother", "女士"."""
    found = _AFTER.match(folded, end) if folded[end - 1 : end] > "~" else None
    if found is None:
        before = folded[max(0, start - _LONGEST) : start].lower()
        parts = before.rstrip(" .,:").rsplit(None, 1)
        if not parts or not (parts[-1] in _LAST_WORDS or parts[-1][-1] > "~"):
            return ""
        found = _BEFORE.search(before)
    if found is None:
        return ""
    return "f" if found["f"] else "m"


_SELF_BEFORE = re.compile(
    r"(?:\b(?:this is|i am|i'm|im|my (?:full |first |last )?name is|my name's|call me)\s"
    r"|(?:我是|我叫|我姓|这里是|免贵姓|本人)[\u4e00-\u9fff]{0,4}?(?:客服|专员|顾问|经理|坐席)?)$",
    re.IGNORECASE,
)
_SELF_ENDS = ("is ", " am ", "I am ", "'m ", "im ", "'s ", "me ")
_SELF_ENDS_ZH = frozenset("是叫姓里人服员问理席")
"""The last letters before a name here: a quick look before the long one."""
_SELF_AFTER = re.compile(r"\s(?:speaking|here|calling)\b")


def introduces_self(folded: str, start: int, end: int) -> bool:
    """Whether a name at a place is that of who speaks: "this is Ben", "我是客服小李"; "I'm Ben's wife" is not."""
    if folded.startswith(("'s", "的", "家"), end):
        return False
    before = folded[max(0, start - 20) : start]
    told = before.endswith(_SELF_ENDS) or before[-1:] in _SELF_ENDS_ZH
    return (told and _SELF_BEFORE.search(before) is not None) or _SELF_AFTER.match(folded, end) is not None
