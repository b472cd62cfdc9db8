"""The words by which the readers know roles, fields and stage directions, English and Chinese."""

from __future__ import annotations

from typing import Literal

Role = Literal["customer", "supporter", "machine"]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH_ROLES: dict[Role, tuple[str, ...]] = {
    "customer": _phrases(
        """
        customer, client, caller, user, end user, guest, passenger, patient, member, subscriber, buyer,
        shopper, consumer, cardholder, card holder, policyholder, policy holder, account holder, visitor,
        traveler, traveller, purchaser, tenant, claimant, complainant, human, cust
        """
    ),
    "supporter": _phrases(
        """
        agent, agt, supporter, support, service, representative, rep, reps, operator, advisor, adviser,
        consultant, csr, csa, associate, assistant, specialist, supervisor, manager, team lead, team leader,
        lead, technician, engineer, receptionist, clerk, teller, banker, dispatcher, staff, employee, helpdesk,
        help desk, service desk, call taker, attendant, officer, concierge, customer service,
        customer services, customer support, customer care, customer success, customer relations,
        customer service desk, customer agent, customer representative, customer advisor, customer adviser,
        customer assistant, customer success manager, client service, client services, client support,
        client care, user support, member services, guest service, guest services, tech support,
        technical support, support team, service team, live agent, human agent, account manager, call center,
        call centre, contact center, contact centre
        """
    ),
    "machine": _phrases(
        """
        ivr, system, bot, chatbot, chat bot, voicebot, voice bot, support bot, service bot, robot, auto,
        automated, automated message, automated system, automated voice, automated agent, automated assistant,
        automated attendant, auto attendant, auto reply, recording, recorded message, recorded voice,
        voice prompt, prompt, voicemail, announcement, virtual assistant, virtual agent, digital assistant,
        voice assistant, ai assistant, ai agent, ai, narrator, system message, system notification,
        notification, interactive voice response, hold music, music
        """
    ),
}
_CHINESE_ROLES: dict[Role, tuple[str, ...]] = {
    "customer": _phrases(
        """
        客户, 顾客, 用户, 来电者, 来电人, 来电客户, 买家, 买方, 旅客, 乘客, 会员, 消费者, 投保人, 持卡人, 市民,
        患者, 访客, 客人, 咨询者, 咨询人, 投诉人, 客户方, 用户方
        """
    ),
    "supporter": _phrases(
        """
        客服, 人工客服, 在线客服, 电话客服, 客服人员, 客服代表, 客服专员, 客服经理, 客服主管, 客服中心,
        客服小姐, 客服方, 坐席, 座席, 人工坐席, 人工座席, 坐席人员, 座席人员, 坐席员, 座席员, 话务员, 接线员,
        客户经理, 客户代表, 客户服务, 客户专员, 客户顾问, 客户主管, 客户服务人员, 客户服务中心, 客户服务代表,
        用户服务, 服务人员, 服务员, 服务顾问, 工作人员, 业务员, 专员, 投诉专员, 主管, 班长, 组长, 值班经理,
        经理, 店员, 店主, 店家, 商家, 卖家, 小二, 店小二, 顾问, 技术支持, 技术人员, 技术员, 工程师, 柜员,
        营业员, 理财经理, 理财师, 支持人员, 助理, 接待员, 前台, 售后, 售前, 售后客服, 售前客服, 售后人员, 人工
        """
    ),
    "machine": _phrases(
        """
        系统, 机器人, 智能客服, 智能助手, 智能机器人, 客服机器人, 机器人客服, 智能坐席, 智能座席, 机器坐席,
        机器座席, 语音导航, 语音播报, 语音提示, 语音机器人, 智能语音, 自动语音, 自动回复, 提示音, 录音提示,
        系统消息, 系统提示, 系统通知, 旁白, 背景音
        """
    ),
}
LATIN_ROLES: dict[tuple[str, ...], Role] = {
    tuple(phrase.split()): role for role, phrases in _ENGLISH_ROLES.items() for phrase in phrases
}
"""Role of each English phrase, given as its words."""

HAN_ROLES: dict[str, Role] = {phrase: role for role, phrases in _CHINESE_ROLES.items() for phrase in phrases}
"""Role of each Chinese phrase."""

ROLE_WORDS = "|".join(
    [
        *(rf"(?<![A-Za-z]){' '.join(words)}(?![A-Za-z])" for words in sorted(LATIN_ROLES, key=len, reverse=True)),
        *sorted(HAN_ROLES, key=len, reverse=True),
    ]
)
"""Pattern of any of these phrases, to be used without regard to case."""

PERSONS = _words(
    """
    daughter son wife husband spouse mother father mom mum mommy mummy dad daddy brother sister grandmother grandfather
    grandma grandpa granny grandson granddaughter aunt uncle cousin niece nephew fiance fiancé fiancee fiancée boyfriend
    girlfriend roommate flatmate housemate neighbour neighbor friend relative colleague coworker co-worker secretary
    lawyer attorney solicitor caregiver carer nurse paramedic landlord bystander stranger man woman boy girl
    """
)
"""Who else may speak in a call: words of relations and of callings on neither side."""

GO_BETWEENS = _words("interpreter translator")
"""Who speaks for both sides."""

BEFORE_PERSONS = _words(
    "the a an his her their male female unknown unidentified second other another background young older elderly"
)
"""Words that may stand before one of these in a label; so does a role, as in ``customer's daughter``."""

HAN_GO_BETWEENS = "翻译|口译|译员"
"""Pattern of the same in Chinese."""

HAN_PERSONS = (
    "女儿|儿子|丈夫|妻子|老公|老婆|爱人|太太|爸爸|妈妈|父亲|母亲|爸|妈|哥哥|弟弟|姐姐|妹妹|爷爷|奶奶|外公|外婆|姥姥|姥爷|孙子|孙女|"
    "女婿|儿媳|家属|家人|亲属|亲戚|朋友|邻居|同事|室友|男友|女友|男朋友|女朋友|律师|司机|快递员|骑手|配送员|护士|医生|民警|警察|"
    "保安|路人|旁人|第三方|第三人|陌生人|男子|女子|男声|女声|孩子|小孩|房东|监护人|代理人"
)
"""Pattern of relations and callings on neither side."""

HAN_NAMES = (
    "(?!周[期一二三四五六日末边年]|马上|何[时地处种]|程[序度]|许可|严[重格]|钱[包款]|陆运|张数|小[区时计票结费额数米学]|老[家板师]|阿里)"
    "(?:[小老阿][\u4e00-\u9fff]"
    "|[王李张刘陈杨赵周吴徐孙朱马胡郭何林罗郑梁宋许邓韩冯曹彭曾肖田董潘袁蔡蒋杜叶程魏苏吕丁沈姜卢傅钟崔谭廖范汪陆贾韦薛"
    "邹孟秦邱侯段陶顾郝龚邵覃钱戴严莫孔谢唐][\u4e00-\u9fff]{1,2})"
)
"""Pattern of what is hardly anything but a person's name."""

FIELDS = _words(
    """
    id ids name names number no. phone email mail settings code portal feedback info information details detail address
    type since status rating satisfaction interaction interactions call calls chat transcript conversation guide manual
    account accounts request requests issue issues problem complaint page site website hours line hotline ticket notes
    note summary experience review data plan agreement interface sentiment segment tier loyalty fee fees charge charges
    record records profile history location city country language gender age level policy policies app center centre
    role group contact reference signature url link date time department question response responses answer inquiry
    query speech
    """
)
"""Words that make a field of a form of a role: ``Customer ID``, ``User Settings``."""

NO_NAMES = _words(
    """
    note notes date time times duration transcript transcripts participants participant scene subject topic summary
    agenda re from to cc bcc via option options step steps name username password address email phone mobile account
    order number total subtotal price cost plan plans proxy port server url website web warning tip tips important
    remember reminder example examples ps p.s question questions answer answers location hours status reference ref
    ticket case call calls id model device version error code path click go press tap select dial http https ftp yes no
    yeah ok okay well so and but or if then first firstly second secondly third finally also update word words length
    start end source file language sentiment outcome resolution disposition category type reason background context
    setting scenario characters speakers attendees recording recordings company department product item items quantity
    amount balance due hello hi hey thanks thank sorry sure great right alright good perfect please here there this that
    these those it i my your our we you he she they what when where why how who which conversation conversations
    dialogue dialog chat session section part chapter title description details detail includes include including
    features benefits requirements monday tuesday wednesday thursday friday saturday sunday january february march
    april may june july august september october november december today tomorrow yesterday morning afternoon evening
    pros cons result results solution issue problem comment comments attention caution disclaimer authentication
    security mms mcc mnc apn sms sim pin imei os ip dns wifi wi-fi usb pause pauses silence music monthly weekly daily
    annual yearly basic standard premium gold silver platinum free delivery shipping billing payment payments tax taxes
    fee fees discount discounts credit debit cash visa mastercard amex paypal confirmation tracking invoice receipt
    refund refunds returns warranty contract speed data minutes texts messages international domestic local national
    roaming voice internet network settings menu home work office for in on at by with as is are was not all any both
    either each every just only now later before after because however therefore conclusion introduction overview
    objective goal goals action actions next follow-up followup key rule rules policy remark remarks legend format page
    line lines row column count queue wait hold greeting closing opening verification intro introductions
    identification escalation diagnosis wrap wrapup wrap-up acw after-call post-call
    """
)
"""Words that stand before a colon and are no one's name."""

HAN_FIELDS = (
    "电话|热线|编号|号码|姓名|名称|名字|地址|工号$|时间|信息|反馈|需求|问题|诉求|满意度|评价|类型|等级|备注|意见|要求|"
    "须知|协议|账号|手机|端$|标签|来源|情绪|编码|昵称|画像|分类|情况|回访"
)
"""Pattern of what makes a field of a Chinese role: ``客服电话``."""

HAN_NO_NAMES = (
    "注意|备注|注|地址|时间|日期|电话|姓名|方法|步骤|第.{1,3}|温馨提示|提示|例如|比如|如下|您好|你好|谢谢|好的|对了|另外|"
    "首先|其次|最后|然后|结果|原因|问题|答|问|主题|标题|内容|说明|总结|场景|背景|人物|参与者|对话|通话|录音|会话|时长|编号|"
    "工单|单号|订单|账号|金额|价格|套餐|费用|总计|合计|优惠|活动|规则|链接|网址|邮箱|密码|状态|类型|分类|摘要|渠道|来源|"
    "产品|公司|部门|小结|话后"
)
"""Pattern of what stands before a colon in Chinese and is no one's name."""

GREETINGS = _words(
    """
    hello hi hey yes no yeah sure thanks welcome good okay ok goodbye bye 您好 你好 喂 是的 好的 嗯 对 谢谢 在吗 在 再见
    """
)
"""One-word utterances that could pass for names."""

DIRECTIONS = (
    r"(?:(?!and\b|or\b)[A-Za-z']+ ){0,3}(?:paus(?:e|es|ed|ing)|laugh(?:s|ed|ing|ter)?|"
    r"chuckl(?:e|es|ing)|giggl(?:e|es|ing)|"
    r"sigh(?:s|ed|ing)?|cough(?:s|ed|ing)?|sneez(?:e|es|ing)|sniff(?:s|les|ling|ing)?|sob(?:s|bing)?|gasp(?:s|ing)?|"
    r"groan(?:s|ing)?|yawn(?:s|ing)?|inhales?|exhales?|crosstalk|cross-talk|clears? (?:his|her|their)? ?throat|silence|"
    r"cry(?:ing)?|cries|typing|breathes?|breathing|hesitat(?:es|ing)|whisper(?:s|ing)?|smil(?:es|ing)|hangs up|"
    r"background noises?|keyboard clicks?|phone ring(?:s|ing)|dial tone|hold music|music plays?|music playing)"
    r"(?: (?:for|in|on|on the|at|with|heavily|loudly|softly|quietly|nervously|deeply|a|the|few|moments?|seconds|"
    r"minutes|background|sounds?|noises?|keyboard|phone|\d+))*"
    r"|(?:on hold|beeps?|music|noise|static|applause|ringing|overlapping speech|indistinct chatter)"
    r"|.{0,3}(?:停顿|沉默|大笑|轻笑|笑声?|叹气|叹息|叹了口气|咳嗽声?|哭泣|哭声|抽泣|打字声?|敲键盘声?|键盘声|"
    r"背景噪音|背景音乐?|噪音|等待音乐?|音乐声?|铃声|嘟声|忙音|挂断|挂机|清嗓子?|思考|迟疑|犹豫|静音|无声|查询中|等待中|"
    r"电话铃响|电话挂断).{0,4}"
)
"""Pattern of a stage direction without its brackets. What is missing from the speech (``[inaudible]``) is none."""
