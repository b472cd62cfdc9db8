"""Lists of words, written as one text: given names, and the English words that are mistaken for names."""

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
GIVEN_NAMES = word_set(
    """
    aaron abdul abdullah abena abigail abraham adam adamu adele adrian adriana adriano agnes agnieszka ahmad ahmed
    aidan aiden aileen aisha aishwarya ajay akash akiko akira akua alan alana alastair albert alberto alec
    alejandra alejandro aleksandar aleksander alessandra alessandro alessia alex alexander alexandra alexei alexis
    alfonso alfred alfredo ali alice alicia alina alisha alison alistair allison alma alok alonzo alvaro alvin
    alyssa ama amanda amara amelia amelie amina amir amit amy anand anastasia anders andre andrea andreas andrei
    andres andrew andrzej andy angela angelica angelina angelo anil anita anja anjali anna annabel annabelle anne
    annelise annette annie annika anthony antoine anton antonia antonina anya arjun arlene armando arnold arthur
    arturo arun asha ashley ashok asif astrid audrey augustus ava ayesha ayumi azadeh babak barry bartosz beata
    beatrice beatriz becky belinda ben benedict benjamin bernadette bernard bernardo bernice beth bethany betty
    beverley bianca bilal bobby bogdan bonnie boris brad bradley brandon branislav brenda brendan brett brian
    briana bridget bronwyn bruce bruno bryan bryce bryony caitlin caleb callum calvin camila camilla camille
    candice carl carla carlo carlos carmen carol carole caroline carolyn carrie cassandra catalina caterina
    catherine cathy cecilia cecily cedric celia cesar chad chantal charles charlie chiamaka chiara chidi chidinma
    chinedu chinonso chloe chris christina christine christoph christopher ciara ciaran cindy claire clare
    clarence clarissa claude claudia claudio clement clive clyde cody colette colin colleen connor conor corey
    corinne cormac cornelius courtney craig cristian cristina curtis cynthia daisuke damian damien dana daniel
    daniela daniele danielle danny daphne darius darko darlene darragh darrell darren dave david debbie deborah
    debra declan deepak deepika deirdre delia denis denise dennis derek deshawn desmond devon dexter diana diane
    diarmuid dieter dilip dimitri dina dinesh dmitri dmitry dominic dominik dominika dominique donald donna dora
    doreen doris dorothea dorothy doug douglas duncan dustin dwayne dylan eamon ebony edgar edith edmund eduard
    eduardo edward edwin eileen eimear ekaterina elaine eleanor elena eleni eli elias elijah elisa elise eliza
    elizabeth elke ella ellen ellie elliot elliott eloise elsa elsie emeka emil emilia emilie emilio emily emine
    emma emmanuel emre enrico enrique eric erica erik erika erin ernest ernesto esme esperanza esther ethan
    etienne eugene eugenia eva evan evelyn fabian fabio farah farhan farid fatima fatoumata federica federico
    felicity felix ferdinand fergus fernanda fernando fiona florian frances francesca francesco franck francois
    francoise franz fraser fred freddie frederick freya friedrich fritz gabriel gabriela gabriele gabrielle gareth
    garry gary gavin gemma geoff geoffrey george georgina gerald geraldine gerard gerhard gertrude giancarlo
    gianluca gillian gina giorgio giovanna giovanni giulia giuseppe gladys glenda glenn gopal gordon gosia
    graciela graeme graham greg gregor gregory greta gretchen guillaume guillermo gustav gustavo gwen gwendolyn
    habib hakan hamid hamza hana hanna hannah hans harold haroon harriet haruka haruto hassan hazel hector heidi
    heike heinrich helen helena helene helga henrik henry herbert herman hilary hiroshi horst howard hubert hugh
    hussein hyun ian ibrahim ifeoma ignacio igor ilse imani imogen imran indira ines inga ingrid irene irina isaac
    isabel isabella isabelle isaiah isla ismail ivan ivana jacek jackie jacob jacqueline jacques jakub jamal james
    jamie jana jane janet janice janine jared jarek jaroslav jasmin jason javier jean jeanette jeff jeffrey jelena
    jenna jennifer jenny jens jeremiah jeremy jerome jessica jessie jill jillian jim jimmy jitka joan joanna
    joanne joao joaquin jochen jodie joel johan johann johanna john johnny jonas jonathan jonny jorge josef
    josefina joseph josephine joshua josie joyce juan juanita judith judy jules julia julian juliana julie juliet
    julio julius jurgen justin justine justyna kai kamal kamila kara kareem karen karim karin karina karl karolina
    kasia katarina katarzyna kate katherine kathleen kathryn kathy katie katja katrin katrina kayla keiko keith
    kelechi kelly kelsey kendra kenji kenneth kevin khadija khalid kieran kimberly kiran kirk kirsten kirsty klaus
    kofi krishna kristen kristin kristina krystyna krzysztof kumar kunal kurt kwame kyle laila lakshmi lamar lara
    larissa lars laszlo latisha latoya laura lauren laurence laurent lawrence leah leanne leila lena lenka leo
    leon leona leonard leonardo leonie lerato leroy lesley leslie leticia liam lidia liliana lillian linda lindsay
    lindsey lionel lisa livia liz lorenzo loretta lorna lorraine lottie louisa louise luca lucas lucia luciana
    lucien lucinda lucy ludmila ludwig luigi luis luisa luka lukas lukasz luke lydia lyndsey lynette lynne maciej
    madeleine madeline magda magdalena maggie magnus mahmoud malcolm malgorzata malik mandy manish manoj manuel
    manuela marc marcel marcela marcelo marcia marcin marco marcos marcus marek margaret margarita margot
    marguerite mariana marianne marie mariella marijke marilyn mario marion marisol marissa marjorie marko marlene
    marta martha martin martina martyn marvin mary maryam massimo mateo mateusz mathias mathilda matilda matt
    matteo matthew matthias maud maureen maurice mauricio maxine maxwell maya mehmet mei melanie melinda melissa
    meredith michael michaela michal michel michele michelle mick miguel mihai mikael mikhail milena millie milos
    mina minh miranda mireille miriam mohamed mohammad mohammed mohit moira molly monika moses muhammad muriel
    mustafa nadia nadine nancy naomi naresh natalia natalie natasha nathalie nathan nathaniel navin neha neil
    nerys ngozi nguyen niall nicholas nick nicola nicolas nicole nigel nikhil nikita nikolai nikos nils nina nisha
    noah noelia noelle noemi nomvula noor nora noreen norma nuala nuno obinna octavia odette oksana olaf oleg
    olena olga oliver olivia olivier oliwia oluwaseun omar orla oscar owen pablo padraig paige pamela paola paolo
    patricia patrick patrik paula paulina pauline paulo pavel pawel pedro peggy penelope pete peter petra phil
    philip philippa philippe phillip phoebe pierre pilar piotr pooja pradeep prakash pranav praveen preeti
    priscilla priya priyanka quentin rachel radek rafael rafal raheem rahul raj rajesh rajiv ralph ramesh ramon
    ramona randall randy raphael raquel rashid raul ravi raymond rebecca regina reginald reinhard rekha renata
    renate rene renee reza rhiannon rhys ricardo richard rick ricky riley rita ritu robert roberta roberto robin
    rodney rodolfo rodrigo roger rohan rohit roisin roland rolf romy ron ronald ronan ronnie rory rosa rosalie
    rosalind rosie roxanne ruben rudolf rudy rupert russell ruth ryan sabina sabine sabrina sadia saeed saif saima
    sally salma salman salvatore sam samantha samir samira samson samuel sandeep sandra sanjay sara sarah sasha
    saskia saul scott sean sebastian seema selena selma senthil serena sergei sergio seth seung shahid shane
    shania shannon sharon shaun shauna shawn sheila shelley shirley shivani shreya siddharth sidney siegfried
    sigrid silvia simon simona simone sinead siobhan sipho slavica sofia solange sonia sonja sophia sophie soren
    spencer stacey stacy stanislav stefan stefania stefano stephan stephanie stephen steve steven stewart stuart
    subhash sunil sunita suresh susan susanna susanne suzanne svein sven svetlana swati sylvia sylvie tabitha
    tadeusz takashi takeshi tamara tamika tamsin tania tanya tara tariq tatiana tatyana taylor ted terence teresa
    terrance terrence terry thabo thandiwe thanh thea thelma theo theodora theodore theresa thierry thomas tiago
    tim timothy tina tobias toby todd tom tomas tomasz tommy toni tony tracey tracy trevor tricia trisha tristan
    troy tunde tyler tyrone ulrich ulrike ursula uwe valentina valerie vanessa vasily venkatesh veronica veronika
    vicky victor vijay vikram viktor viktoria vincent vincenzo vishal vivian vivienne vladimir vladislav volker
    walter wanda warrick wayne wendell werner wesley wilfred wilhelm wilhelmina willem william willie winifred
    winston wojciech wolfgang xavier xiomara yannick yasmin yasmine yaw yetunde yolanda youssef yuki yuri yusuf
    yves yvette yvonne zachary zahra zainab zanele zara zeynep zoe zofia zoltan zuzana
    """
)
"""Common given names of many countries, lower case: a capital and one of these is a person, whatever is around.

Left out are those that are also words, months, cities, saints' cities or brands (Grace, April, Austin, Clara, Tesla).
"""

# The words without which an English pattern for names need not be tried.
SELF_FIRST = word_set(
    "this i i im call calls account named speaking talking chatting spoke speak talk talked chatted booked reserved "
    "reservation booking is put account asked "
    "registered table it talked ask helped assisted it it that name name you you my his her our addressed "
    "belongs out first last full family given middle maiden married signed told delivered sold "
    "under appointment account ticket report reports"
)
VOCATIVE_FIRST = word_set(
    "hi hello hey dear good thanks thank welcome sorry goodbye bye you no my nice take i i "
    "apologise apologize of certainly hear understand inconvenience"
)
TITLE_FIRST = word_set("mr mrs ms miss mx dr prof professor")
NAME_WORDS = word_set("name names surname surnames called nickname nicknames forename")
SURE_WORDS = NAME_WORDS | word_set(
    "holder accountholder cardholder policyholder recipient passenger caller person attn addressee by consignee"
    " beneficiary contact"
)
SIGNED_WORDS = word_set("regards sincerely cheers wishes yours respectfully signed best thanks thank")
HERE_WORDS = word_set("speaking here")
SPEAKING_WORDS = word_set("speaking calling")
