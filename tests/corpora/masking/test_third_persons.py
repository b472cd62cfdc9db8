from __future__ import annotations

import pytest

from csc_dspy.framework import Lang
from tests.corpora.masking.calls import alone


@pytest.mark.parametrize(
    ("lang", "text", "name"),
    [
        ("en", "I told Maria about it.", "Maria"),
        ("en", "my husband Peter called yesterday", "Peter"),
        ("en", "I spoke with Jennifer last week.", "Jennifer"),
        ("en", "i told maria about it", "maria"),
        ("en", "I asked Ingibjorg to call back.", "Ingibjorg"),
        ("en", "An agent called Ngaire promised me a refund.", "Ngaire"),
        ("en", "Someone named Tarquin picked up.", "Tarquin"),
        ("en", "My sister-in-law Perpetua signed for it.", "Perpetua"),
        ("en", "my ex-husband, Zebedee, has the key", "Zebedee"),
        ("en", "It was Ottoline who answered.", "Ottoline"),
        ("en", "Ottoline from billing said it is fine.", "Ottoline"),
        ("en", "Then Lavinia told me to wait.", "Lavinia"),
        ("en", "I dealt with Cormoran Strake in March.", "Cormoran Strake"),
        ("en", "Your colleague Thandeka apologised.", "Thandeka"),
        ("en", "They transferred me to Ngozika.", "Ngozika"),
        ("en", "It is for my daughter, Wilhelmena, she is six.", "Wilhelmena"),
        ("en", "The meter was read and checked by Oisinn in April.", "Oisinn"),
        ("en", "You're through to Perpetua.", "Perpetua"),
        ("zh", "我跟王芳说过了。", "王芳"),
        ("zh", "门卫老唐签的字。", "老唐"),
        ("zh", "我要找财务部的韩梅梅。", "韩梅梅"),
        ("zh", "这是我儿子陈子轩下的单。", "陈子轩"),
        ("zh", "我姓郗，麻烦查一下。", "郗"),
        ("zh", "昨天李娟告诉我可以退。", "李娟"),
        ("zh", "是一位叫周敏的客服接的。", "周敏"),
        ("zh", "我把情况告诉了张伟。", "张伟"),
        ("zh", "请帮我转给陈静。", "陈静"),
        ("zh", "我老公李强昨天打过电话。", "李强"),
        ("zh", "上次是刘晓燕接待的我。", "刘晓燕"),
        ("zh", "快递是我邻居徐志明签收的。", "徐志明"),
        ("zh", "他媳妇叫刘娜。", "刘娜"),
        ("zh", "我姥姥叫王秀英，住院了。", "王秀英"),
        ("zh", "查勘员陈伟明来过了。", "陈伟明"),
        ("zh", "保险公司的理赔员刘建国让我等。", "刘建国"),
        ("zh", "送货员王强打的电话。", "王强"),
        ("zh", "工程师赵铁柱没来。", "赵铁柱"),
        ("zh", "昨天小李给我打电话。", "小李"),
        ("zh", "那个小张，他说可以退。", "小张"),
        ("zh", "楼下老王签收的。", "老王"),
        ("zh", "我和老赵说好了。", "老赵"),
        ("zh", "是老张家的快递。", "老张"),
    ],
)
def test_people_who_are_talked_about_are_masked(lang: Lang, text: str, name: str) -> None:
    assert alone(text, lang) == text.replace(name, "[NAME]" if lang == "en" else "[姓名]")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Nobody told me about it."),
        ("en", "Then Support told me to wait."),
        ("en", "I spoke with Customer Service last week."),
        ("en", "Management promised a refund."),
        ("en", "I told You already."),
        ("en", "It was Monday when they answered."),
        ("en", "The website said it is fine."),
        ("en", "I asked Amazon to call back."),
        ("en", "Verizon told me to call you."),
        ("en", "Once confirmed, the plan starts."),
        ("en", "Based on your account, it is due."),
        ("en", "Roaming is for Italy on your account."),
        ("zh", "我跟银行说过了。"),
        ("zh", "昨天客服告诉我可以退。"),
        ("zh", "请帮我转给人工。"),
        ("zh", "我把全部资料给了你们。"),
        ("zh", "上次是周三接到的。"),
        ("zh", "我媳妇叫了外卖。"),
        ("zh", "朋友叫我来问。"),
        ("zh", "业务员马上来。"),
        ("zh", "会员黄金卡的权益。"),
        ("zh", "服务员严重不负责。"),
        ("zh", "等了半小时，小区门口没人。"),
        ("zh", "老师说的，老板不在，老家很远。"),
        ("zh", "我是老顾客了。"),
        ("zh", "小王子这本书，小黄车也坏了。"),
        ("zh", "小马达坏了，小苏打没到货。"),
        ("zh", "花点小钱的事，范围缩小了。"),
    ],
)
def test_what_is_no_person_stays(lang: Lang, text: str) -> None:
    assert alone(text, lang) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我叫欧阳明", "欧阳明"),
        ("我是欧阳女士", "欧阳"),
        ("欧阳先生您好", "欧阳"),
        ("司马光远先生，请稍等。", "司马光远"),
        ("您好欧阳", "欧阳"),
        ("上官婉儿昨天来电话了。", "上官婉儿"),
        ("诸葛明昨天来电话了。", "诸葛明"),
        ("我是客服欧阳为您服务。", "欧阳"),
        ("麻烦找一下慕容雪。", "慕容雪"),
        ("夏侯已经走了。", "夏侯"),
        ("欧阳经理说可以退。", "欧阳"),
        ("司徒总在吗？", "司徒"),
    ],
)
def test_double_surnames_need_no_word_beside_them(text: str, name: str) -> None:
    assert alone(text, "zh") == text.replace(name, "[姓名]")


@pytest.mark.parametrize(
    "text", ["东方航空的航班。", "我在南宫市。", "西门口地铁站。", "百里之外也能送。", "濮阳市不送吗？"]
)
def test_places_that_look_like_double_surnames_stay(text: str) -> None:
    assert alone(text, "zh") == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("高级工程师刘师傅来过了。", "刘"),
        ("主治医师王医生说的。", "王"),
        ("造价师孙先生，您好。", "孙"),
        ("我们公司刘经理接的。", "刘"),
        ("班主任王老师。", "王"),
        ("师先生，您好。", "师"),
    ],
)
def test_a_job_before_a_name_stays_whole(text: str, name: str) -> None:
    assert alone(text, "zh") == text.replace(name, "[姓名]")


@pytest.mark.parametrize("text", ["请工程师傅来修。", "老师傅说的。", "物业经理师傅都在。"])
def test_titles_without_a_name_stay(text: str) -> None:
    assert alone(text, "zh") == text
