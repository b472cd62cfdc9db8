"""Chinese surnames, and which characters begin a word after a name."""

from __future__ import annotations

import re

from csc_dspy.corpora.masking.words import words

DOUBLE = (
    "欧阳|司马|上官|诸葛|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|司徒|夏侯|东方|南宫|端木|独孤|闻人|轩辕|百里"
    "|呼延|澹台|钟离|申屠|太史|公冶|濮阳|淳于|单于|赫连|拓跋|西门"
)
COMMON = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "温康施牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍"
    "涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑"
    "景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲"
)
"""The surnames that nearly everybody has; rarer ones only count after "我叫" and "姓"."""
SURNAMES = COMMON + (
    "虞敖巩明佘池查麻苑迟邝封谈匡鞠惠荆乐冀胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强"
    "帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修"
    "邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富"
    "尧闭由郗佴妫嬴缑麴戢勖逄贲迮蔚谯昌宓糜璩郏咸籍麹靖扶堵宰郦桓仰秋仲伊宫暨邢滑裴羿汲邴松井段牧隗山谷侯宓蓬郗郄"
)
OFTEN = "".join(
    sorted(
        set(COMMON)
        - set(
            "高金于成方时程余任石万安全应单车关路景党冷米白易古向常连简康毛牛龙包花孔雷苗麦管柴解游满平明宁柏桂谷乔盛齐江边师曲和项宫卫席童钟商"
        )
    )
)
"""Surnames that are hardly ever a part of another word."""
_NEVER_GIVEN = (
    "我想要的是在你您他她它这那电打了吗呢啊吧请帮买就也还和跟及或与不没们个给把被让从到对于您哪"
    "什怎谁么因所但而且号码，。来去说问能会可以"
)
NEVER_GIVEN = frozenset(_NEVER_GIVEN)
"""Characters that stand in no given name, so that a name ends before them."""
GIVEN = rf"[^\W\d_a-zA-Z{_NEVER_GIVEN}]"
"""A character of a given name, as a pattern."""

_FOLLOWING = frozenset(
    words(
        """
        明天 明早 明晚 明年 明日 今天 今早 今晚 今年 昨天 昨晚 昨日 后天 前天 早上 早晨 上午 中午 下午 晚上 夜里 上周
        下周 本周
        上次 下次 这次 上月 下月 周一 周二 周三 周四 周五 周六 周日 星期 月初 月底 年初 年底 刚刚 刚才 已经 曾经 现在
        目前 一直
        马上 立刻 正在 准备 先生 女士 小姐 太太 老师 师傅 经理 主任 医生 同学 同事 告诉 通知 联系 反映 反馈 确认 核实
        处理 签收
        接待 答应 承诺 建议 介绍 推荐 安排 办理 负责 帮忙 帮我 打的 打过 两次 两个 三次 一次 一起 一共 本人 名下 住院
        身份 手机
        电话 微信 账号 账户 生日 今儿 明儿 昨儿 最近 之前 以后 以前 后来 突然 应该 需要 希望 觉得 认为 表示 反正 所以
        因为 如果
        虽然 然后 接着 接的 接了 收的 收到 收了 发的 发来 发给 写的 填的 办的 下单 付款 购买 退款 退货 投诉 咨询 询问
        申请 开的
        开户 注册 登录 预约 预订 订的 订了 要求 拒绝 同意 转告 转给 转接 交给 代收 代签 代办 送来 送的 上门 过来 回来
        回复 回电
        来电 接手 跟进 接听 主动 亲自 当时 那天 当天 每天 每次 经常 总是 从来 还有 以及 二人 夫妇 夫妻 一家 家里 家的
        全程 非常
        特别 态度 服务 正常 本来 到底 究竟 居然 竟然 都有 都没 都是 也有 也没 用的 用了 用过 完全 绝对 始终 为您 为你
        为什
        """
    )
)
"""Words that follow a name in calls: their first character belongs to no name before them."""


def given_end(folded: str, start: int, end: int) -> int:
    """Where a name ends when its last character begins a word with what follows: "李明|明天", not "李明明|天"."""
    while end - start > 1 and folded[end - 1 : end + 1] in _FOLLOWING:
        end -= 1
    return end


_UNLIKE_PLACES = re.compile(
    r"(?:欧阳|司马|上官|诸葛|皇甫|尉迟|慕容|令狐|司徒|夏侯|南宫|端木|独孤|轩辕|澹台|申屠|濮阳|淳于|赫连|拓跋)"
    rf"(?![市县区镇乡路街村站台])(?P<given>{GIVEN}{{0,2}})"
)
"""Double surnames that are nothing else, with what may be the given name."""
_TITLE_WORDS = re.compile(
    r"先生|女士|小姐|太太|老师|师傅|经理|主任|医生|大夫|教授|律师|总|姐|哥|家|那边|这边|同学|队长|主管|店长|阿姨|叔"
)


def may_hold_double_surname(folded: str) -> bool:
    """Whether a text, or several joined ones, can name somebody with a double surname; quick."""
    return _UNLIKE_PLACES.search(folded) is not None


def double_surnames(folded: str) -> list[tuple[int, int]]:
    """Where somebody with a double surname is named, with or without the given name."""
    found = []
    for match in _UNLIKE_PLACES.finditer(folded):
        start, end = match.span()
        first = match.start("given")
        for place in range(first, end):
            if folded[place : place + 2] in _FOLLOWING or _TITLE_WORDS.match(folded, place):
                end = place
                break
        found.append((start, end))
    return found
