"""Lists of words, written as one text; among them the English words that are mistaken for names."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """The words of a text, between spaces."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for looking up."""
    return frozenset(words(text))


def phrases(text: str) -> tuple[str, ...]:
    """The phrases of a text, between commas; line breaks count as spaces."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


NO_NAMES = word_set(
    """
    a an the this that these those there here it i i'm i'd i'll i've we you he she they me my mine your our his her
    its who what which when where why how not no yes yeah yep nope ok okay sure please thanks thank sorry hello hi
    hey dear and or but so if then than because while as at by for from in into of off on onto out over to up down
    with without about above after before again all also always any anyone anything anyway are am is was were be
    been being do does did done have has had can could will would shall should may might must just only still even
    ever never now soon today tomorrow yesterday tonight monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december morning afternoon evening
    night day week month year everyone everybody someone somebody nobody team all folks guys sir madam ma'am maam
    miss mister mr mrs ms mx dr prof support customer customers client agent representative manager supervisor
    assistant operator admin administrator service services sales billing technical tech help helpdesk department
    customer-service valued guest passenger member subscriber user friend friends colleague american british
    english canadian australian chinese french german spanish italian indian japanese korean mexican european
    african asian irish scottish welsh dutch russian brazilian polish turkish muslim christian-born jewish catholic
    gold silver platinum diamond bronze premium basic standard business economy vip prime plus pro great good fine
    perfect right wrong correct incorrect exactly absolutely certainly definitely actually really very too quite
    pretty calling speaking trying looking wondering hoping having getting going using waiting interested happy
    glad afraid unable able unhappy upset disappointed frustrated angry furious confused concerned worried aware
    ready done sick tired new old back away amazon google apple microsoft facebook instagram whatsapp paypal visa
    mastercard amex uber netflix spotify samsung android windows iphone ipad mac macbook linux siri alexa cortana
    bixby outlook gmail excel word chrome safari firefox twitter linkedin ebay christmas easter thanksgiving
    halloween god jesus internet wifi bluetooth usb sim error code number order account card phone spelled spelt
    misspelled missing listed printed shown showing different changed under like written called same mentioned yup
    yea wait oops duh umm uhm crap nevermind goodbye think thinking much less more hold hang fine damn alright
    right-o sorry-o ugh wow lol haha geez yay lots nothing none unfortunately however maybe perhaps well oh um uh
    ah hmm let let's lets one two three something nothing everything delivery shipping refund payment booking
    reservation confirmation ticket case claim complaint question issue problem
    """
)
"""What stands where a name could stand, and is none. Lower case."""
ALSO_NAMES = word_set("will may april june august mark guy")
"""Of these the ones that are first names, too: a capital and a family name make them one."""
ORGANISATIONS = word_set(
    """
    bank inc inc. ltd llc corp corporation company co group support service services customer airlines airways
    airline air hotel hotels insurance mobile telecom telecommunications communications store shop electronics team
    department desk center centre online express energy water power gas electric health clinic hospital university
    college school solutions systems technologies technology software financial finance credit union market foods
    motors logistics delivery media wireless internet broadband cable network networks travel resort rentals rental
    motors auto bookstore outlet outfitters appliances utilities care helpline hotline line office court street
    road city county state airport station app website plan edition series
    """
)
"""Words in the names of companies, and of what is none of a person. Lower case."""
SMALL_STOPS = word_set(
    """
    calling here speaking want wants need needs bought ordered got get gave lost paid live lives born work works
    email phone number address account order spelled spelt thats that's plus via regarding concerning date dob
    having
    """
)
"""Words that end a name in small letters."""
