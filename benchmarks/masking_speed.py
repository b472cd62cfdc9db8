"""How fast personal data is masked, on one core.

python benchmarks/masking_speed.py [--conversations 500]

Makes English and Chinese support conversations of 24 turns. In seven of them stand seven values: two names, a phone
number, an e-mail address, a card, an account and an order number, most of them twice; a second set of conversations
holds nothing personal, only amounts, dates and models. Masks each set five times in this process and prints one JSON
line for each: UTF-8 bytes of text a second of CPU time, the best of the five, since other work on the machine slows
every one of them.
"""

from __future__ import annotations

import argparse
import json
import random
import time

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.masking import mask

TARGET = 2.0
ROUNDS = 5
TURNS_EACH = 24
TURNS = {
    "en": (
        "I have been waiting for almost two weeks now and nobody has told me what is going on with the parcel.",
        "I am really sorry about that, I understand how frustrating such a long wait must be for you.",
        "The refund of $129.90 was promised for 12 May, and until today nothing has arrived on my card.",
        "Let me look into this right away; the system shows that the return was received at our warehouse on Monday.",
        "It is a 55 inch screen, model QX-55T, and the left half stays dark whenever I switch it on.",
        "Thank you for the details. Could you tell me whether the light at the bottom is red or white?",
        "It blinks red about three times, then it goes off again and the whole thing restarts by itself.",
        "In that case a new power supply should help. We can send one free of charge, it takes 3 to 5 days.",
        "That would be good. Can the old one simply be thrown away, or do you want to have it back?",
        "You can keep it or recycle it, we do not need it back. Is there anything else that worries you?",
        "Yes, the monthly fee went up by 4% since March although my contract says that it stays the same.",
        "I see it here. The increase should not have been applied; I have put in a correction just now.",
    ),
    "zh": (
        "我已经等了快两个星期了，到现在也没有人告诉我包裹到底到哪里了。",
        "非常抱歉让您久等了，我完全理解您着急的心情，马上帮您查询。",
        "说好5月12日退款129.9元，可是到今天卡里还是什么都没有收到。",
        "我看到仓库星期一已经签收了您退回的商品，财务正在处理当中。",
        "这台电视是55寸的，型号QX-55T，一开机左半边屏幕就是黑的。",
        "感谢您提供这些情况，请问底部的指示灯是红色的还是白色的呢？",
        "红灯闪三下左右就灭了，然后整台机器自己又重新启动，反反复复。",
        "这种情况更换电源就可以解决，我们免费寄一个，大约需要三到五天。",
        "那太好了，旧的那个要不要寄回去给你们，还是我自己处理掉就行？",
        "旧的不用寄回，您可以自行处理或者回收，请问还有其他问题吗？",
        "还有就是从三月份开始月租费涨了4%，可是合同上写着价格不变。",
        "我查到了，这次调整不应该用在您的套餐上，刚刚已经提交更正了。",
    ),
}
PERSONAL = {
    "en": (
        "Hello, my name is {name}, I am calling about a delivery.",
        "Hi {given}, this is {agent}, how can I help you today?",
        "The order number is {order} and my account number is {account}.",
        "You can reach me at {phone} or write to {email} if that is easier.",
        "I paid with the card {card}, the one I always use.",
        "Thank you, {given}. I have found the order {order}.",
        "Yes, {phone} is still the right number for a call back.",
    ),
    "zh": (
        "您好，我叫{name}，想问一下我买的东西什么时候送到。",
        "{title}您好，我是客服{agent}，很高兴为您服务。",
        "订单号是{order}，我的会员账号是{account}，麻烦查一下。",
        "可以打我的手机{phone}，或者发邮件到{email}也行。",
        "当时是用银行卡{card}付的款，一直用的这张。",
        "好的{title}，已经查到订单{order}了，请您稍等一下。",
        "对的，{phone}这个号码现在还在用，可以打过来。",
    ),
}
GIVEN = ("Hannah", "Omar", "Lucy", "Victor", "Priya", "Marcus", "Elena", "Derek")
FAMILY = ("Okafor", "Lindqvist", "Marsh", "Petrov", "Alvarez", "Kimura", "Sutton", "Doyle")
SURNAMES, CHARACTERS = "王李张刘陈杨赵周吴徐", "敏芳伟强丽静磊洋艳勇娟涛"


def luhn(digits: str) -> str:
    total = sum(int(c) if i % 2 else sum(divmod(2 * int(c), 10)) for i, c in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def values(rng: random.Random, lang: str) -> dict[str, str]:
    given = rng.choice(GIVEN)
    made = {
        "given": given,
        "name": f"{given} {rng.choice(FAMILY)}",
        "agent": rng.choice(FAMILY),
        "order": f"ORD-{digits(rng, 8)}",
        "account": digits(rng, 9),
        "phone": f"({rng.choice(['415', '212', '312'])}) 555-{digits(rng, 4)}",
        "email": f"{given.lower()}.{digits(rng, 2)}@example.com",
        "card": luhn("4" + digits(rng, 14)),
    }
    if lang == "zh":
        made["name"] = rng.choice(SURNAMES) + "".join(rng.sample(CHARACTERS, 2))
        made["title"] = made["name"][0] + "女士"
        made["agent"] = rng.choice(SURNAMES) + rng.choice(CHARACTERS)
        made["phone"] = "138" + digits(rng, 8)
        made["order"] = "2026" + digits(rng, 11)
    return made


def conversation(rng: random.Random, number: int, lang: str, *, personal_data: bool = True) -> Conversation:
    made = values(rng, lang)
    personal = [text.format(**made) for text in PERSONAL[lang]] if personal_data else []
    plain = [rng.choice(TURNS[lang]) for _ in range(TURNS_EACH - len(personal))]
    texts = personal[:2] + sorted(personal[2:] + plain, key=lambda _: rng.random())
    return Conversation(
        id=f"bench-{number:06d}",
        lang="zh" if lang == "zh" else "en",
        topic="delivery",
        source="benchmark",
        turns=tuple(
            Turn(speaker="supporter" if place % 2 else "customer", text=text) for place, text in enumerate(texts)
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=500)
    count = parser.parse_args().conversations
    for lang, name, personal_data in (
        ("en", "English", True),
        ("zh", "Chinese", True),
        ("en", "English without personal data", False),
        ("zh", "Chinese without personal data", False),
    ):
        rng = random.Random(0)
        conversations = [conversation(rng, number, lang, personal_data=personal_data) for number in range(count)]
        size = sum(len(turn.text.encode()) for one in conversations for turn in one.turns)
        seconds = []
        for _ in range(ROUNDS):
            start = time.process_time()
            for one in conversations:
                mask(one)
            seconds.append(time.process_time() - start)
        speed = size / min(seconds) / 1e6
        figure = {
            "figure": f"masking, {name}",
            "value": round(speed, 2),
            "unit": "MB/s",
            "target": f">= {TARGET} MB/s",
            "ok": speed >= TARGET,
            "n": count,
            "bytes": size,
        }
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
