"""Names that Chinese speakers give: "我叫李敏", "我是王先生", "免贵姓陈", "客服小王：".

Written without spaces, a name ends where the speaker pauses, or where a character follows that stands in no name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.surnames_zh import (
    COMMON,
    DOUBLE,
    GIVEN,
    NEVER_GIVEN,
    OFTEN,
    SURNAMES,
    given_end,
)
from csc_dspy.corpora.masking.talked_about_zh import RELATIVES, people_talked_about
from csc_dspy.corpora.masking.words import words

_FULL = rf"(?:(?:{DOUBLE}){GIVEN}{{1,2}}|[{SURNAMES}]{GIVEN}{{1,2}})"
_FULL_COMMON = rf"(?:(?:{DOUBLE}){GIVEN}{{1,2}}|[{COMMON}]{GIVEN}{{1,2}})"
_ETHNIC = r"[\u4e00-\u9fff]{2,8}(?:\.[\u4e00-\u9fff]{2,8})+"
_LATIN = r"[A-Z\u00c0-\u024f][A-Za-z\u00c0-\u024f'-]+(?:[ .][A-Z\u00c0-\u024f][A-Za-z\u00c0-\u024f'-]+){0,3}"
_END = r"(?=\s*(?:$|[,，.。、；;：:！!？?）)\]\n\"~～ -]))"
_TITLES = r"先生|女士|小姐|太太|老师|师傅|经理|阿姨|大爷|大妈|同志|总|医生|大夫|律师|教授|主任|老板|姐|哥"
_TITLES_SURE = (
    r"先生|女士|小姐|太太|老师|师傅|经理|医生|大夫|律师|主任|教授|警官|护士|主管|店长|阿姨|叔叔|大哥|大姐|同学|队长"
)

_SURE = re.compile(
    rf"""
      (?:我(?:的)?(?:全名|真名|名字|姓名|本名|中文名)?(?:就)?(?:叫做?|叫|是叫)|(?:名字|姓名|全名|本名
        |真名)(?:就)?(?:是|叫做?|为|写的是)|叫我|称呼我|本人(?:姓名)?(?:叫做?|是)?|名叫|名为
        |(?:{RELATIVES}|老公|老婆|妻子|丈夫|爱人|儿子|女儿|爸爸?|妈妈?|父亲|母亲|哥哥?|姐姐?|弟弟?|妹妹?|孩子|老人
          |先生|太太|[他她])(?:的?名字)?(?:就)?叫
        |(?:客户|顾客|用户|收件|收货|联系|持卡|投保|开户|乘客|乘机|旅客|寄件|被保险|申请|当事|预订|入住|经办
          |受益|取件|订票|购票)(?:人|者)?(?:的)?(?:姓名|名字|名)?(?:是|叫|为|写|填|改成|改为|换成|[:：])|户主(?:是|叫|[:：])?|户名(?:是
          |[:：])?
        |(?:姓名|名字|称呼|落款)[:：]\s*)
      \s?(?P<sure>{_ETHNIC}|{_FULL}|{_LATIN})
    """,
    re.VERBOSE,
)
_MAY_SURE = re.compile(
    "叫|名|称呼|本人|落款|户主|(?:客户|顾客|用户|收件|收货|联系|持卡|投保|开户|乘客|乘机|旅客|寄件|被保险|申请|当事"
    "|预订"
    "|入住|经办|受益|取件|订票|购票)(?:人|者)?的?[是叫为写填改换:：]"
)
_ROLE = re.compile(
    rf"(?:收件人|收货人|联系人|持卡人|投保人|开户人|乘机人|寄件人|被保险人|申请人|当事人|预订人|入住人|经办人|受益人"
    rf"|取件人"
    rf"|签收人|负责人|户主|业主|机主|车主|旅客|乘客|姓名|名字)(?:姓名)?[ :：]?(?P<name>{_FULL_COMMON}){_END}"
)
_SURE_LOOSE = re.compile(
    r"(?:我(?:的名字|的姓名)?叫做?|我的?(?:名字|姓名|全名)(?:是|叫)"
    r"|姓名[:：是])\s?(?P<sure>[\u4e00-\u9fff]{2,4}?)(?=\s*(?:$|[,，.。、；;！!？?）)\n]))"
)
_I_AM = re.compile(
    rf"(?:我(?:就)?是|这里是|这边是|您好,?，?我是|本人)(?P<role>[\u4e00-\u9fff]{{0,8}}?(?:客服|专员"
    rf"|顾问|经理|代表|助理|[坐座]席|客户|用户|会员|机主|户主|人员|业主|车主|房东|老客户|同事"
    rf"|师傅))?(?:代表|专员|人员|本人)?[，,]?(?:[\u4e00-\u9fff]{{1,8}}的)?"
    rf"(?P<name>{_ETHNIC}|{_FULL_COMMON}|[小老阿][{COMMON}]|{_LATIN}){_END}"
)
_SURNAME_ONLY = re.compile(
    rf"(?:(?:我|免贵|本人|我是|敝|敝人|鄙人|您|客户|他|她)?姓|贵姓)(?:氏)?[是:：]?\s?(?P<name>{DOUBLE}"
    rf"|[{SURNAMES}])(?![名氏什啥么])"
)
_SURNAME_BEFORE = re.compile(
    r"(?:我|免贵|本人|敝|敝人|鄙人|您|客户|他|她|是|位|个"
    r"|师傅|经理|客服|老师|医生|司机|先生|女士|员|^|[，,。.！!？?；;：: ])(?:免贵)?姓$|贵姓$"
)
_RARE_SURNAME = re.compile(
    r"(?:免贵|我|本人|鄙人)姓(?P<name>[\u4e00-\u9fff])"
    r"(?=[，。,.！!、\s]|$|叫|名[^字]|的(?!名))(?<![名氏什啥么])"
)
_TITLE = re.compile(_TITLES_SURE)
_NICK = re.compile(
    rf"(?:客服|专员|顾问|代表|助理|[坐座]席|管家|同事|师傅|门卫|保安|邻居|物业|房东|司机|[的是叫找谢跟给让由问和对]|感谢|[叫喊]我|^|[，。！？!?,.\s])"
    rf"(?P<name>阿(?![姨姆拉里胶富尔斯根联])(?={GIVEN}(?:[说是打在帮跟和要]|{_END[3:-1]})){GIVEN}"
    rf"|[小老阿](?:[{OFTEN}]|[{COMMON}](?=就|吧|好了|行|为您|很高兴|[您你]好|{_END[3:-1]})))"
)
_NICK_FREE = re.compile(
    rf"(?<![大太最很更较变缩从年古养长敬元家胆细微窄弱])(?P<name>[小老](?![钱汤姜熊段田沙农梅艾叶])[{OFTEN}])"
    r"(?=说(?!明)|讲|打[电来过了]|给[我他她你您]|告诉|帮|跟[我他她你您]|和(?!平)|在|来|去|是|的|他|她|那|这|您|你|已"
    r"|没|不|也|都|就|还|要|会|能|刚|昨|今天|明天|上[次午周]|下[午周]|把|让|叫|签|收|拿|送|取|接|处理|联系|回|答应|吗|吧|呢|啊|了|到"
    rf"|先|之前|一直|家|负责|{_END[3:-1]})"
)
"""Pet names need no word before them where what follows is said of people: "昨天小李给我打电话"."""
_BOSS = re.compile(
    rf"(?:^|[，。！？!?,.：:\s找叫跟给让问和谢是])(?P<name>[{OFTEN}])(?=[总哥姐工](?:您好|你好|说|在|那|的电话"
    rf"|{_END[3:-1]}))"
)
_KIN = "儿子|女儿|老公|老婆|爱人|妻子|丈夫|妈妈|爸爸|父亲|母亲|弟弟|哥哥|姐姐|妹妹|朋友|同事|室友|孩子"
_STAFF = (
    "经理|客服|顾问|师傅|司机|医生|老师|房东|销售|主管|坐席|律师|总监|秘书|会计|出纳|中介|骑手|助手|交警|民警|法官"
    "|警官|护士|员|(?:维修|水电|电|木|安装|搬运|装修|保洁|清洁|护)工|(?:工程|设计|造价|会计|厨|理发|美容|分析|评估"
    "|摄影|药剂|营养|规划)师|[站店科处局院校所组队班部行村厂]长"
)
"""What a person is by job, right before the name; "员" ends many: 快递员, 查勘员, 理赔员."""
_OWNED = f"{_KIN}|快递|订单|包裹|账|卡|电话|手机|号码|保单|家属|名字|身份证|房|车|预约|票|单|户|合同|家长"
_BESIDE = re.compile(
    rf"(?:{_KIN}|{_STAFF})(?P<name>[{OFTEN}]{GIVEN}{{1,2}}"
    rf"|[{COMMON}]{GIVEN}{{2}})(?=[的是说打给在来去了跟和就也把让联接收负处回态帮告昨今刚已没不下买订填办付拿取送寄发写代用开登签承答同推介记查退弄催约上要会能到先]|{_END[3:-1]})"
    rf"|(?:^|[，。,.？?！!是查找帮和跟替给为下])(?P<owner>[{COMMON}]{GIVEN}{{2}})(?=的(?:{_OWNED}))"
)
# The last characters of relatives and jobs right before a surname: two classes are found much quicker than words.
_MAY_BESIDE = re.compile(
    f"[儿女公婆人子夫妈爸亲弟哥姐妹友事室孩理服问傅机生师东售管席监书计纳介手警官士员工长律][{COMMON}]"
)
_MAY_OWN = re.compile(f"的(?:{_OWNED})")
_CALLED = re.compile(
    rf"(?:拼音|中文名?|小名|乳名|昵称|外号|绰号|网名|英文名|艺名|曾用名|全名|真名|姓名|名字)(?:就)?(?:叫做?|是|为"
    rf"|[:：])?\s?"
    rf"(?P<name>{_LATIN}|(?!就|就是|叫|是|写|错|不){GIVEN}{{2,3}}){_END}"
)
_TAG = re.compile(
    rf"^\s*(?:客服|客户|顾客|坐席|座席|用户|专员|乘客|业主|旅客|投诉人|来电人)(?:人员|代表"
    rf"|专员)?\s*[\[(（-]?\s*(?P<tag>{_ETHNIC}|{_FULL}|[小老阿][{COMMON}]"
    rf"|{_LATIN})(?:{_TITLES_SURE})?\s*[\])）]?\s*[:：]",
    re.MULTILINE,
)

# Words of two or three characters that start with a surname and are no name.
_WORDS = frozenset(
    words(
        """
        金卡 白金 黄金 钻石 高级 高中 白领 常客 单身 安徽 江苏 江西 江浙 石家 周一 周二 周三 周四 周五 周六 周日
        周末 何时 何况 万分 方便 安全 成都 连云 马上 金牌 银卡 普通 全部 全额 全家 全新 全程 单独 单位 应该 时间
        时候 明天 明年 明确 和平 相关 相同 都是 那个 那边 平时 平台 国内 国外 国际 国航 海南 海外 海航 南京 南方
        南航 南宁 云南 广东 花钱 花了 古代 房东 房客 华为 华夏 安卓 安心 安装 康复 温州 温馨 路过 路由 路上 车主
        车险 车票 党员 农民 农行 农业 司机 老师 师傅 师范 游客 管理 管家 于是 向来 于今 宁波 宁夏 包月 包年 包裹
        包邮 项目 连续 简单 简直 景区 费用 查询 查一 查下 时时 关于 关注 关闭 关机 成功 成人 成年 成员 毕业 解决
        解释 解除 利息 利用 信用 信息 计划 计算 平安 平常 展示 支持 支付 支行 来自 容易 印象 元旦 富裕 高铁 高端
        高速 高额 高手 高管 高校 方案 方法 方向 方式 马虎 马来 黄色 黄牛 白色 白天 黑色 金色 金额 金融 江湖 江北
        江南 石油 石化 安检 夏天 夏季 东方 东西 秦皇 武汉 郑州 徐州 苏州 杭州 温度 沙发 沈阳 任何 任务 余额 叶子
        程序 程度 梅州 汤圆 米色 米饭 米家 蓝色 蓝牙 曲线 牛奶 牛仔 齐全 易付 乔迁 章程 甘肃 左边 左右 游戏 柳州
        路线 尚未 尚且 符合 舒服 舒适 童装 成本 单程 单反 单号 单人 单子 商家 商务 商品 商户 商城 原因 原来 原价
        原件 乐意 惠普 谈谈 封号 池州 席位 景点 帅哥 强制 皮肤 皮鞋 皮包 满意 满减 海淘 楼上 楼下 区别 闻到 权益
        权限 花费 豆腐 母亲 公司 公民 公务 公寓 居民 居住 干部 呼叫 但是 由于 由你 幸运 富士 智能 阴天 衣服 束缚
        阿姨 乌鲁 修理 修改 那种 那样 普快 敬请 相信 相机 初中 初次 门店 门口 门票 云端 云盘 丰田 丰富 巴士 祖国
        井盖 盖章 练习 强烈 位置 厉害 宣传 索尼 索赔 晋级 国家 狄仁 支票 都要 都行 钱包 钱款 毛衣 毛病 孔雀 向您
        向导 庄园 安排 安置 连接 连锁 何必 任意 严重 严格 武器 顾客 顾问 常用 常州 史上 段位 雷军 侯机 龙卡 龙年
        陶瓷 贺卡 莫名 莫非 汤姆 温泉 康师 施工 牛肉 樊登 葛根 范围 石头 方女 对方 田园 高速公 马桶 白酒 黄鱼 江水
        于此 金子 姜茶 杜绝 苏宁 叶片 任性 钟表 钟头 钟点 付款 付费 付钱 付不 付过 付错 付完 许多 许可 余下 程控
        曾经 曾用 高兴 高峰 高价 高温 唐山 宋体 林业 林区 罗马 何处 胡说 胡乱 朱红 孙子 孙女 徐徐 吴江 周转 周期
        周边 周年 周岁 黄页 杨树 赵州 张家 张贴 李子 王牌 王者 王府 陈列 陈旧 刘海 谢谢 谢了 郭德 梁山 韩国 韩元
        冯巩 邓州 曹县 彭州 肖像 董事 潘家 蒋介 蔡甸 魏都 吕梁 丁香 姚安 卢旺 崔健 谭木 陆续 陆地 汪洋 廖化 贾汪
        韦德 邹平 孟加 熊猫 尹始 薛城 闫村 黎明 郝运 龚滩 邵阳 覃塘 戴上 戴着 戴尔
        """
    )
)
_NO_NICK = frozenset(
    words(
        """
        小米 小时 小麦 小康 小白 小成 小全 小费 小单 小计 小应 小石 小江 小边 小向 小路 小金 小龙
        小牛 小花 小游 老时 老路 老成 老单 老白 老金 老游 阿里 小区 小乐 小安 小万
        """
    )
)
_NO_NICK_WORDS = frozenset(
    words(
        """
        王子 王国 王牌 黄车 黄鱼 黄人 黄瓜 黄书 黄片 黄图 黄狗 黄鸭 黄油 黄米 黄豆 马达 马驹 马路 马拉 马甲
        马桶 孙子 孙女 苏打 苏州 周期 周岁 范围 范例 范文 叶子 叶片 郑州 徐州 杭州 沈阳 胡子 胡同 胡椒 胡萝
        林区 林地 林子 杨树 杨梅 田地 田园 丁点 丁香 汤圆 汤勺 汤碗 段子 段落 钱包 沙发 沙丘 沙滩 沙拉 章鱼
        章节 柳树 熊猫 张嘴 张口 张纸 梁子 董事 唐装 陈醋 陈皮 陈年 陈列 杜鹃 杜仲 严重 谢意 武器 温度 骆驼
        凌晨 祝福 欧洲 罗盘 梅花 符号 巫见 巫婆 陶瓷 陶罐 颜色 颜值 庄园 袁大 姜片 姜茶 蒋介 邻居 卢比 毛病
        朱砂 何首 黄历 马识
        """
    )
)
"""What a surname begins after "小" or "老" that is a thing."""
_NOT_BEFORE: tuple[tuple[str, str], ...] = (
    ("于", "对由关属等在基至善忙位终敢勇"),
    ("方", "对我双地官校警军医药甲乙各厂资多前后东南西北平大"),
    ("安", "保公平治不西"),
    ("谢", "感谢多答"),
    ("高", "最提很更较新"),
    ("单", "订下买菜账帐名工运保表清简"),
    ("付", "支已未垫代"),
    ("金", "现资奖基押租定佣本美黄白公违"),
    ("程", "工过日里课行流全航"),
    ("石", "宝钻"),
    ("时", "小当及平同随按"),
    ("成", "完变"),
    ("周", "上下本每"),
    ("关", "相有机海开无"),
    ("余", "其业剩多"),
    ("何", "如任为"),
    ("任", "责信主"),
    ("师", "程医训计价律发厨老药教析估影养划容询装修法画摄技术工级业资讲导琴舞点理甲茶艺"),
    ("管", "主总保监看"),
    ("司", "公上"),
    ("江", "浙长"),
    ("全", "安完"),
    ("应", "反相响"),
    ("万", "百千十"),
    ("向", "方"),
    ("车", "汽火动货乘"),
    ("和", "您"),
)


# Without one of its characters no pattern is tried.
_CALLED_SIGNS = frozenset("叫名称落号音")
_ROLE_SIGNS = frozenset("人主客者户")
_AM_SIGNS = frozenset("是人")
_NICK_SIGNS = frozenset("小老阿")
_BOSS_SIGNS = frozenset("总哥姐工")
_LONG_TITLES = frozenset(title for title in _TITLES.split("|") if len(title) == 2)
_SURE_TITLES = frozenset(_TITLES_SURE.split("|"))
_TITLE_SIGNS = frozenset(title[0] for title in _SURE_TITLES)


def names(text: Text, *, asked: bool = False, answer: bool = False, others: bool = True) -> Iterator[tuple[int, int]]:
    """Where Chinese names stand that their surroundings tell; surnames before a title too ("王" in "王先生").

    Args:
        text: The text.
        asked: Whether the other side has just asked for a name.
        answer: Whether the text holds a number that is personal, or answers the question for one.
        others: Whether the text can name people who are talked about.
    """
    folded = text.folded
    for start, end in _told(text, asked, answer):
        yield start, given_end(folded, start, end)
    for start, end in people_talked_about(text) if others else ():
        if not _is_word(folded[start:end]):
            yield _without_title(folded, start, end)


def _told(text: Text, asked: bool, answer: bool) -> Iterator[tuple[int, int]]:
    folded = text.folded
    if asked or answer:
        yield from _answers(folded, sure=asked)
    called, role = not text.lacks(_CALLED_SIGNS), not text.lacks(_ROLE_SIGNS)
    if called or role:
        for match in _SURE.finditer(folded) if _MAY_SURE.search(folded) else ():
            if not _is_word(match["sure"]):
                yield _without_title(folded, *match.span("sure"))
        for match in _ROLE.finditer(folded) if role else ():
            if not _is_word(match["name"]):
                yield match.span("name")
        for match in _SURE_LOOSE.finditer(folded) if called else ():
            if not any(c in NEVER_GIVEN for c in match["sure"]):
                yield _without_title(folded, *match.span("sure"))
    if not text.lacks(_AM_SIGNS):
        for match in _I_AM.finditer(folded):
            if not _is_word(match["name"]):
                yield _without_title(folded, *match.span("name"))
    if called:
        for match in _CALLED.finditer(folded):
            if not _is_word(match["name"]):
                yield match.span("name")
    if "姓" in folded:
        for match in _RARE_SURNAME.finditer(folded):
            yield match.span("name")
            for whole in re.finditer(rf"{match['name']}{GIVEN}{{1,2}}{_END}", folded[match.end() :]):
                yield match.end() + whole.start(), match.end() + whole.end()
        for match in _SURNAME_ONLY.finditer(folded):
            if _SURNAME_BEFORE.search(folded, max(0, match.start("name") - 4), match.start("name")):
                yield match.span("name")
                # "我姓慕容，慕容雪"
                for whole in re.finditer(rf"{match['name']}{GIVEN}{{1,2}}{_END}", folded[match.end() :]):
                    yield match.end() + whole.start(), match.end() + whole.end()
    if ":" in folded or "：" in folded:
        for match in _TAG.finditer(folded):
            if not _is_word(match["tag"]):
                yield _without_title(folded, *match.span("tag"))
    if _MAY_BESIDE.search(folded) or _MAY_OWN.search(folded):
        for match in _BESIDE.finditer(folded):
            group = "name" if match["name"] else "owner"
            if not _is_word(match[group]):
                yield _without_title(folded, *match.span(group))
    for pattern in (_NICK, _NICK_FREE) if not text.lacks(_NICK_SIGNS) else ():
        for match in pattern.finditer(folded):
            start, end = match.span("name")
            if match["name"] not in _NO_NICK and not _is_thing(folded[start : end + 1]):
                yield start, end
    for match in _BOSS.finditer(folded) if not text.lacks(_BOSS_SIGNS) else ():
        yield match.span("name")
    if not text.lacks(_TITLE_SIGNS):
        for match in _TITLE.finditer(folded):
            if place := _before_title(folded, match.start()):
                yield place


def _is_thing(nick: str) -> bool:
    """Whether a pet name with the character after it is no person: "老顾客", "小王子"."""
    return nick[2:] != "家" and (nick[1:] in _WORDS or nick[1:] in _NO_NICK_WORDS)


def _is_word(name: str) -> bool:
    return name[:2] in _WORDS or (name[-1:] in "卡号员户店站点天月年款型版费钱人的了" and len(name) <= 3)


def _without_title(folded: str, start: int, end: int) -> tuple[int, int]:
    """A name without the title that the pattern took for a part of it."""
    if end - start > 2 and folded[end - 2 : end] in _LONG_TITLES:
        return start, end - 2
    if end - start == 2 and folded[start + 1] in "总工":
        return start, end - 1
    # "李女" of "李女士"
    if end - start > 1 and folded[end - 1 : end + 1] in _SURE_TITLES:
        return start, end - 1
    return start, end


def _before_title(folded: str, end: int) -> tuple[int, int] | None:
    """The name that ends where a title starts: "王小明先生", "欧阳先生", "王先生"."""
    for length in (3, 4, 2, 1):
        start = end - length
        if start < 0:
            continue
        text = folded[start:end]
        double = re.match(DOUBLE, text)
        if length == 4 and not double:
            continue
        if length == 2 and double:
            return start, end
        if length > 1 and not re.fullmatch(_FULL_COMMON, text):
            continue
        if length == 1 and text not in COMMON:
            continue
        if length > 1 and (text[:2] in _WORDS or any(text[i : i + 2] in _WORDS for i in range(1, length - 1))):
            continue
        before = folded[start - 1 : start] if start else ""
        if any(text[0] == surname and before and before in others for surname, others in _NOT_BEFORE):
            continue
        if length == 1 and before and (before + text) in _WORDS:
            continue
        return start, end
    return None


_CLAUSE = re.compile(r"[^，,。.、；;！!？?\n]+(?:\.[\u4e00-\u9fff]+)*")
_LEAD = (
    r"(?:您好|你好|好的?|嗯+|哦|啊|行|可以|是的?|对|没问题|当然|[我他她]?(?:姓名|名字|全名)?(?:就)?叫|我|就|免贵"
    r"|我的?名字|姓名|本人"
    r"|呃|那个|稍等|写|填|用|登记的?"
    r"|(?:我|[他她])?(?:老公|老婆|太太|先生|妈妈?|爸爸?|儿子|女儿|朋友)(?:的|叫)?|[ ：:])*"
)
_ANSWER = re.compile(
    rf"{_LEAD}(?P<name>{_FULL}|{_ETHNIC}|{_LATIN}|姓?(?:{DOUBLE}|[{SURNAMES}])|[小老阿]{GIVEN})"
    rf"(?:(?:和|跟|与|还有)(?P<other>{_FULL}))?(?:{_TITLES_SURE})?(?:就好|就行|就可以|吧|的)?\s*"
)
_BARE_NAME = re.compile(rf"\s*(?P<name>(?:{DOUBLE}){GIVEN}{{1,2}}|[{COMMON}]{GIVEN}{{2}})(?P<other>)\s*")


def _answers(folded: str, *, sure: bool) -> Iterator[tuple[int, int]]:
    """The names in the answer to "请问您贵姓？": clauses that are a name and nothing else.

    Args:
        folded: The answer.
        sure: A name was asked for; otherwise only whole names of three characters count.
    """
    for clause in _CLAUSE.finditer(folded):
        match = (_ANSWER if sure else _BARE_NAME).fullmatch(folded, *clause.span())
        if match is None or _is_word(match["name"]) or match["name"] in ("是", "对", "好", "行"):
            continue
        start = match.start("name") + match["name"].startswith("姓")
        yield _without_title(folded, start, match.end("name"))
        if match["other"]:
            yield match.span("other")
