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
    reservation confirmation ticket case claim complaint question issue problem security reception returns accounts
    dispatch logistics management compliance warehouse housekeeping maintenance finance payroll marketing engineering
    hmm hmmm hmmmm once
    based though although unless hr it whoever whom neither either both each every other another others version update
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
    road city county state airport station app website plan edition series pool pools spa gym fitness dental dentistry
    orthodontics plumbing heating roofing flooring electrical lighting bakery cafe coffee kitchen kitchens bathrooms
    bathroom furniture furnishings interiors florist florists flowers nursery books bikes cycles motorcycles autos
    garage tyres tires tours tour cruises cruise rail railway railways buses coaches cabs taxis veterinary vets
    veterinarian animal pharmacy opticians optics vision eyewear solicitors attorneys accountants accounting
    realty estates lettings properties property homes housing construction builders carpets windows blinds cleaners
    cleaning laundry catering restaurant bistro grill pizza brewery winery wines theatre theater cinema museum
    gallery library academy institute foundation trust society association charity church studio studios
    salon beauty cosmetics jewellers jewelers jewelry watches fashion clothing apparel shoes footwear sports outdoor
    outdoors toys games gaming photography printing press publishing magazine radio tv television films
    supplies hardware tools metals machinery equipment parts industries manufacturing
    engineering labs laboratories pharma medical healthcare surgery practice physio therapy wellness partners
    capital holdings ventures mortgage mortgages loans lending savings investments securities assurance mutual
    direct digital data hosting domains computers computing robotics telephony fibre fiber fitness farm farms
    garden gardens ranch orchard dairy organics grocery groceries supermarket market wholesale warehouse storage
    removals movers freight venue inn lodge couriers courier express parcels shipping cargo ferries marine boats yachts
    """
)
"""Words in the names of companies, and of what is none of a person. Lower case."""
STATES = word_set(
    """
    wrong right correct incorrect invalid valid expired locked blocked reset changed required needed case-sensitive weak
    strong too still already also always ready working fine okay ok safe secret private secure public missing empty
    blank
    unknown different same old new full down up out off on back dead broken stuck slow gone hacked compromised lost
    stolen
    stored saved hidden visible shown there here what where why how when who which that this not never no yes it they
    we you
    great good bad terrible awful annoying better worse longer short long enough needed under over between about because
    supposed going trying due case something anything nothing everything everywhere just only really very so my your
    his her
    their our the a an hard difficult easy simple strange weird odd
    """
)
"""What follows "is" where something's state is told, not its value."""
COMPANIES = word_set(
    """
    verizon comcast xfinity vodafone telefonica orange telstra optus sprint t-mobile tmobile bt sky virgin ee o2 three
    at&t
    cricket mint fidelity schwab vanguard chase citi citibank citigroup hsbc barclays lloyds natwest santander monzo
    revolut
    halifax nationwide tesco sainsbury's asda aldi lidl walmart costco target ikea argos currys lowe's kroger
    walgreens cvs boots
    fedex ups usps dhl hermes evri yodel dpd gls amazon ebay etsy shopify alibaba temu shein wayfair zara primark next
    asos delta
    united ryanair easyjet lufthansa emirates qantas jetblue expedia booking airbnb marriott hilton hyatt hertz avis
    enterprise
    dell hp lenovo asus acer sony lg panasonic philips bosch siemens dyson nintendo playstation xbox sega steam adobe
    oracle
    salesforce zoom slack dropbox intel nvidia amd cisco tesla ford toyota honda bmw audi mercedes nissan volvo geico
    allstate
    progressive axa aviva allianz aetna cigna kaiser humana medicare medicaid equifax experian transunion klarna
    afterpay affirm
    stripe square wise western coinbase binance deliveroo doordash instacart grubhub lyft bolt starbucks mcdonald's
    nestle hulu
    disney roku peloton fitbit garmin gopro canon nikon epson brother kodak logitech tplink netgear linksys huawei
    xiaomi oppo
    oneplus motorola nokia zendesk
    """
)
"""Well-known companies, lower case: they tell and promise as people do."""
TELLERS = word_set(
    """
    technician driver website site page screen message email letter text doctor system tracking courier seller store
    people
    others friend husband wife mom mum dad brother sister son daughter staff management reception dispatch accounting
    shipping
    logistics compliance fraud retention collections warehouse housekeeping maintenance security legal payroll hr
    finance
    marketing returns accounts claims complaints engineering installation activation provisioning orders purchasing
    operations
    everybody anybody neighbours neighbors police court landlord neighbour neighbor whoever both neither either many
    most few
    several another other whatever google's chatbot bot software update report contract policy terms guarantee bill
    statement
    invoice advert ad brochure leaflet sticker label notice sign guy lady man woman person gentleman employee
    employees worker
    workers colleague colleagues boss owner host hotel airport bank branch shop office council government company
    insurance
    insurer hospital clinic pharmacy school university college mother father mail voicemail recording app portal chat
    log file
    folder printer router phone laptop computer tablet watch tv camera fridge machine
    """
)
"""What tells something in calls without being named: people by what they are, departments, things with a text."""
SMALL_STOPS = word_set(
    """
    calling here speaking want wants need needs bought ordered got get gave lost paid live lives born work works
    email phone number address account order spelled spelt thats that's plus via regarding concerning date dob
    having cannot can't don't doesn't didn't isn't wasn't won't couldn't wouldn't haven't hasn't checking placed placing
    received receiving buy buys call calls called contact contacting reach reaching reply replying follow following
    pay paying send sent sending return returning cancel cancelling canceling cancelled canceled change changing make
    making made see seeing saw say said says tell told ask asked asking know knew find found look looks use using used
    come came coming go goes went give gives take took keep kept keeps put set try tries tried seem seems hear heard
    stay stayed book booked bought open opened sign signed log login logging sitting stuck locked lost stolen late
    early broken missing wrong ready parcel package delivery item items bill bills invoice charge charges charged money
    price plan policy flight train trip room hotel car phone laptop screen internet app website password pin email
    mail name names street road city zip birthday born age years year old month months week weeks day days minute
    minutes hour hours first second third next last long short big small few many several half double nine eight seven
    six five four zero ten person people man woman husband wife son daughter mother father mom mum dad brother sister
    thing things time times today's side end start begin sorry hope hoping quick quickly since until till during
    between against through within whether else instead together actually basically literally currently recently
    usually probably asap seen please thx ty pls plz ok okay
    """
)
"""Words that end a name in small letters."""
GIVEN_NAMES = word_set(
    """
    aaliyah aaron abbas abby abdel abdul abdullah abel abena abeni abigail abraham adaeze adaku adam adamu ade
    adebayo adele adeola aditi aditya adrian adriana adriano adunni afia agatha agnes agnieszka agustin ahmad ahmed
    ahsan aidan aiden aiko aileen aimee ainsley aisha aishwarya aisling ajay akash akeem akiko akin akira akosua
    akua alan alana alastair albert albertine alberto alec alejandra alejandro alejo aleksandar aleksander
    aleksandra alessandra alessandro alessia alessio alex alexander alexandra alexandre alexei alexia alexis alfie
    alfonso alfred alfredo ali alice alicia alina alisa alisha alison alistair aliya allison alma alok alonso alonzo
    aloysius althea alva alvaro alvin alvina alyssa ama amadou amanda amandine amani amara amaya ambrose amelia
    amelie amina aminata amine amir amira amit amos amy anais anand ananya anastasia anastasios anders andile andre
    andrea andreas andrei andrej andres andrew andrius andrzej andy aneta angela angelica angelina angelo aniket
    anil anita anja anjali ankit anna annabel annabelle annalise anne annelies annelise annemarie annette annie
    annika anouk ansel anthony antje antoine anton antonella antonia antonina anu anupam anwar anya apinya araceli
    archana archie ariadne ariana arianna ariel arif arjun arlene arlo armand armando arno arnold arpad arthur
    arturo arun arvind asha ashish ashleigh ashley ashok ashwin asif asim aslan astou astrid ataru atsuko audrey
    augustin augustus aurelia aurelie ava avery aviva axel ayaka ayesha aylin ayo ayodele ayumi azadeh aziz azra
    babak baptiste barbara barnaby barney barry bartosz bashir bastien beata beatrice beatriz beau becky bela
    belinda bella ben benedetta benedict benita benito benjamin benjy bennett benny bent berenice bernadette bernard
    bernardo bernd bernice bertha bertram beth bethany betty beverley bhavna bianca bibi bilal birgit birgitta bjorn
    blanca bobby bogdan bogumil bongani bonnie boris borja brad bradley brandon branislav branka breanna brenda
    brendan brett brian briana brianna bridget brigid brigitte bronagh bronwyn bruce bruno bryan bryce brynn bryony
    burak caetano caitlin caleb calista calliope callum calvin camila camilla camille candace candice caoimhe carina
    carl carla carlo carlos carlotta carmen carol carole caroline carolyn carrie carsten casey caspar cassandra
    cassie catalina catarina caterina catherine cathy catriona cecilia cecily cedric celeste celestine celia celine
    cesar chad chantal charlene charles charlie charmaine chelsea cheng cheryl cheyenne chiamaka chiara chidi
    chidinma chinedu chinonso chinwe chioma chizoba chloe chris christa christiana christina christine christoph
    christopher christos chukwuemeka cian ciara ciaran cillian cindy claire clare clarence clarissa claude claudia
    claudio clemence clement clementine cleo clive clyde coby cody colette colin colleen connor conor constance
    constantin consuelo cora cordelia corey corina corinne cormac cormoran cornelia cornelius cosima cosmo courtney
    craig cressida crispin cristian cristina curtis cynthia cyril cyrus dafydd dagmar dagny dahlia daisuke dalia
    dalton damaris damian damien damon dana danica daniel daniela daniele danielle danilo danny danuta daphne darcy
    daria darius darko darlene darnell darragh darrell darren darya daryl dashiell dave david davina dawson deandre
    deanna debbie deborah debra declan deepak deepika deirdre delia delilah demetrius denis denise deniz dennis
    derek dervla deshawn desiree desmond devon dewi dexter dharma diana diane diarmuid diarra didier diego dieter
    dilip dimitri dina dinesh dion dipak divya djamila dmitri dmitry dmytro dolores dominic dominik dominika
    dominique donal donald donatella donna donovan dora doreen dorian doris dorota dorothea dorothy doug douglas
    dragan drusilla duarte dulce dumisani duncan dunja dustin dwayne dylan eamon ebere ebony edda edgar edie edita
    edith edmund edna eduard eduarda eduardo edward edwin edyta efe efua eileen eilidh eimear eimhear einar eirik
    ekaterina elaine eleanor elena eleni eleonora elfriede eli eliana elias elijah eliot elisa elisabetta elise
    eliza elizabeth elke ella ellen ellie elliot elliott ellis elodie eloise eloy elsa elsie elspeth elton elvira
    emanuel emeka emerson emil emilia emilie emilio emily emine emma emmanuel emmett emmy emre enid enrico enrique
    enzo eric erica erik erika erin erlend ernest ernestine ernesto eryk esme esmeralda esperanza estelle esther
    ethan etienne etta eugene eugenia eunice eva evan evangeline evelina evelyn ewa ewan ezekiel ezra fabian fabio
    fabiola fabrizio faisal fanny farah farhan farid farida farouk fatima fatma fatou fatoumata federica federico
    felicity felix feng ferdinand fergal fergus fernand fernanda fernando filip filippo fiona fionn fleur flora
    florentina florian floyd folake frances francesca francesco francine franck francois francoise franka franz
    fraser fred freddie frederick frederik freya frieda friedrich fritz fumiko gabor gabriel gabriela gabriele
    gabrielle gael galina ganesh gareth garima garrett garry gary gaspard gaurav gauthier gavin gemma genevieve
    geoff geoffrey george georgi georgina georgios gerald geraldine gerard gerda gerhard germaine gertrude gethin
    ghislaine giancarlo gianluca gianna gideon gilbert giles gillian gina ginevra ginny giorgio giovanna giovanni
    gisela giselle gita giulia giuseppe gladwin gladys glenda glenn gloria godfrey gopal goran gordon gosia
    gottfried graciela graeme graham greer greg gregor gregory greta gretchen grethe griselda grzegorz guadalupe
    gudrun guido guillaume guillermo gulsen gunnar gunther gurpreet gustav gustavo gwen gwendolyn gwyneth habib
    hadiya hadiza hadley hakan halima halina hamid hamish hamza hana hank hanna hannah hans harald hariharan harjit
    harold haroon harpreet harriet harriett haruka haruto hasan hassan hattie haydn hazel hector hedwig heidi heike
    heinrich helen helena helene helga heloise hendrik henrietta henrik henrike henry herbert herman hermann
    hermione hideo hilary hiroko hiroshi hitoshi hollie horace horatio horst howard howie hubert hugh humphrey
    hussein huw hyacinth hyun ian ibrahim ida idris ifeoma ignacio ignatius igor ikram ilaria ildiko ilias ilona
    ilse ilya imani imogen imran indira ines inga ingeborg ingmar ingrid ioana ioannis iqbal irena irene irina irma
    irving isaac isabeau isabel isabella isabelle isadora isaiah isha ishaan isidora isla ismail isobel istvan ivan
    ivana ivo ivor iwona izabela jacek jacinta jackie jacob jacqueline jacques jada jadwiga jaime jakob jakub jalen
    jamal james jamie jamila jan jana jane janek janelle janet janice janine jannik jared jarek jaroslav jarrod
    jarvis jasmin jason javed javier jaya jayden jayne jean jeanette jeannette jeannie jedediah jeff jeffrey jelena
    jemima jemma jenna jennifer jenny jens jeremiah jeremias jeremy jerome jerry jessica jessie jessika jiang jill
    jillian jim jimmy jitka joachim joan joana joanna joanne joao joaquin jocelyn jochen jodi jodie joel joelle joey
    johan johann johanna johanne john johnathan johnny jolanta jolene jonas jonathan joni jonny jordi jorge jorgen
    joris josef josefina joseph josephina josephine joshua josie josip jovan joyce juan juana juanita judd judit
    judith judy juergen jules julia julian juliana juliane julie julien juliet juliette julio julius jun junko juno
    jurgen justin justine justyna kaan kabir kacper kai kaitlyn kaja kaleb kamal kamala kamil kamila kaori kara
    kareem kareena karen karim karin karina karl karla karlheinz karolina karyn kasia kasper kassandra katalin
    katarina katarzyna kate kateryna katherine kathleen kathrin kathryn kathy katie katinka katja katrin katrina
    katya kayla kayleigh kazimierz kazuo keanu keeley kei keiko keira keith kelechi kelly kelsey kelvin kemal
    kendall kendra kenji kenna kenneth kerry kerstin kevan kevin kezia khadija khalid khalil khanh kiara kieran
    kimberley kimberly kimiko kiran kirk kirsten kirsti kirstin kirsty kiyoshi kjell klara klaus kofi kojo kolya
    konrad konstantin krishna krishnan kristen kristian kristin kristina kristofer kristy krisztina krystyna
    krzysztof kumar kunal kurt kurtis kwabena kwame kwasi kwesi kyle kyoko kyra lachlan laila lakshmi lamar lamia
    lana lara larissa larry lars larysa laszlo latasha latifa latisha latoya laura lauren laurence laurent laurie
    lauryn lavanya lavinia lawrence layla leah leander leandro leanne leif leila leland lena lenka leo leon leona
    leonard leonardo leonie leopold lerato leroy lesley leslie leszek leticia letitia levent levi lewis liam lidia
    lidija lieke liesel ligia lila lilia lilian liliana liliane lilith lillian lina linda lindsay lindsey linus
    lionel lisa lisbeth lise lissa livia liz liza llewellyn lois lola lonnie lorcan lore loreen lorena lorenzo
    loretta loris lorna lorraine lothar lottie louella louisa louise luana lubna luca lucas lucia lucian luciana
    lucien lucille lucinda lucio lucretia lucy ludmila ludwig luigi luis luisa luka lukas lukasz luke lula lupita
    luther luz lydia lyle lyman lynda lyndon lyndsey lynette lynn lynne lyra maarten mabel maciej maciek madalena
    maddie madeleine madeline maeve magda magdalena maggie magnus mahalia mahesh mahmoud mahmud maia mairead maisie
    malachi malcolm malgorzata malik malin mallory malte mamadou mandy manfred manish manju manoj manon manuel
    manuela marc marcel marcela marcelina marcelle marcello marcelo marcia marcin marco marcos marcus marek margaret
    margarethe margarita margery margit margo margot marguerite maria mariam mariana marianne mariano marie mariel
    mariella mariette marijke marika marilyn marina mario marion marisol marissa marit marius marjan marjorie marko
    markus marla marlene marlies marlon marsha marta martha martin martina martyn marvin mary maryam maryanne masako
    massimo matej mateo mateusz mathias mathilda matias matilda mats matt matteo matteus matthew matthias maud
    maureen maurice mauricio mauro maximilian maximiliano maxine maxwell maya mayumi mbali meera megan meghan mehdi
    mehmet mei meike melania melanie melina melinda melissa melvin meredith merete merle mervyn meryem micah michael
    michaela michal micheal michel michele michelle michiko mick miguel miguela mihaela mihai mikael mikaela mike
    mikel mikhail mikhaila mikko milan milda mildred milena millie milo milos mina minerva ming minh mira miranda
    mireia mireille miriam miroslav misaki mitchell mitsuko mladen mohamed mohammad mohammed mohan mohit mohsin
    moira moises molly mona monika monique montserrat morag moritz morris moses mostafa moussa muhammad mukesh muna
    murat muriel mustafa mwangi myles myra myriam myrtle nabil nadezhda nadia nadine nadja naima najma nalini
    nancy nandini naoko naomi naresh narges nasir nasrin natacha natalia natalie natasa natasha nathalia nathalie
    nathan nathaniel navin navya nayeli ned neeta nefeli neha neil nella nelly nerea nerissa nerys nestor nettie
    neville ngaire ngozi nguyen niall niamh nicholas nicholson nick nicky nico nicola nicolas nicole nicoletta
    nicolette nidhi nigel nigella nikhil nikita niko nikola nikolai nikolas nikos nils nimisha nina nino nisha
    nkechi noah noam noboru noelia noelle noemi nolan nomsa nomvula nonso noor nora norbert noreen norma norman
    nosipho nuala nuno nuria nyasha oana oberon obinna octavia odette odile ofelia ogechi oksana olaf olamide olavi
    oleg oleksandr olena olga oliver olivia olivier oliwia oluchi olufemi olumide oluwaseun oluwatobi omar onyeka
    oona ophelia oren orhan orla orsolya oscar ottilie otto ottoline ouafa owen oyinkan paavo pablo paddy padma
    padraig paige palesa palmira paloma pamela pandora paola paolina paolo parisa parminder parvati pascal pascale
    patrice patricia patrick patrik patty paula paulette paulina pauline paulo pavel pawel paz pearse pedro peggy
    penelope penny pernilla perpetua petar pete peter petra petronella petula phelan phil philip philippa philippe
    phillip philomena phineas phoebe phyllis pia pierre pieter pilar piotr pippa polly pooja poul prabhu pradeep
    pradeepa prakash pranav praveen preeti prisca priscilla priti priya priyanka przemyslaw puneet purnima qasim
    quentin quincy quinn rabia rachael rachel radek radka rafael rafaela rafal rafiq raghav ragnar raheem rahul
    raimund raisa raj rajan rajesh rajiv rakesh ralph ramesh ramin ramiro ramon ramona randall randy rania ranjit
    raoul raphael raquel rasa rasheed rashid rasmus raul ravi ravindra rayan raymond rebeca rebecca regan regina
    reginald reiko reinaldo reinhard rekha remi remigiusz remy renata renate rene renee reuben reyhan reza rhea
    rhiannon rhoda rhona rhonda rhys ria ricardo riccardo richard richie rick ricky rikke riley rina rita ritu rivka
    rizwan robbie robert roberta roberto robin rocio roderick rodney rodolfo rodrigo rogelio roger rohan rohini
    rohit roisin roksana roland rolf romain romy ron ronald ronan ronnie rory rosa rosalba rosalia rosalie rosalind
    rosalyn rosamund rosanna roseanne roselyn rosemarie rosie rowan rowena roxana roxanne roy rozalia ruben rubens
    rubina rudolf rudy rufus rukhsana rune rupert ruslan russell rutger ruth ryan ryo ryszard saanvi sabina sabine
    sabrina sadia sadie saeed saffron sahar sahil saif saima saki salim sally salma salman salome salvatore sam
    samantha samina samir samira sampath samson samuel sanaa sandeep sander sandor sandra sandro sanjay sanna
    saoirse sapna sara sarah sari sarita sasha sashi sasikala saskia satish satoshi saul saurabh savita scarlett
    scott sean sebastian seema selena selim selina selma selwyn sena senthil seraphina serena serge sergei sergio
    serhat serhiy seth setsuko seung shabnam shahid shakil shakira shalini shamima shane shanelle shania shanice
    shannon shanti sharmila sharon sharonda shaun shauna shawn sheena sheikh sheila shelby sheldon shelley shinji
    shirin shirley shivani shobha shona shreya shruti shyam sibongile sibusiso siddharth sidney sidra siegfried
    sigrid sigurd silas silke silvana silvia silvio simon simona simone simran sinazo sinead siobhan sipho sipiwe
    sissel siya slavica slawomir snezana sofia sofie sofiya solange solveig somchai sondra sonia sonja sophia sophie
    soraya soren sota spencer stacey stacy stanislav stavros stefan stefania stefanie stefano stella stellan steph
    stephan stephanie stephen steve steven stewart stig stuart subhash sujata sumaya sumit sunil sunita suresh suri
    surinder susan susana susanna susanne sushila suzanna suzanne suzette suzie svein sven svenja svetlana swapna
    swati sybil sydnee sylvain sylvester sylvia sylvie szymon tabitha tadeo tadeusz tahir taiwo takashi takeshi
    takumi talia tallulah talya tamar tamara tamas tamika tamsin tamsyn tania tanisha tanja tanya tara tarek tariq
    tarquin tasha tasneem tatiana tatjana tatyana taylor tayo teagan ted teddy telma temitope teodor teodora terence
    teresa terezia terrance terrence terri terry tessa thabo thaddeus thandeka thandi thandiwe thanh thanos thea
    thelma theo theodora theodore theodoros theresa therese theresia thiago thierry thilo thomas thora thorsten
    tiago tiana tibor tiffany tilda tilly tim timo timothy timur tina tinashe titus tobi tobias toby todd tom tomas
    tomasz tommy tomoko toni tony tonya topher torben torsten tracey traci tracy tran travis trevor tricia trinh
    trish trisha tristan trixie troy trudy tsering tuan tunde tuomas turgut tyler tyra tyrone tyson ufuk ugo ulla
    ulrica ulrich ulrike umar umberto urs ursula usha usman uwe uzma vaclav vadim valentin valentina valeria valerie
    valeriy vanessa vanja vanya varun vasile vasilis vasily veena velma venkat venkatesh vera verena vernon veronica
    veronika veronique vesna vicente vickie vicky victor vidya vijay vikas vikram viktor viktoria vilma vimala vinay
    vince vincent vincenzo vinod violeta violetta virgil virginie vishal vishnu vittoria vivek vivian viviana vivien
    vivienne vlad vladimir vladislav vojtech volker vusi waldemar waleed walid wallace walter wambui wanda wanjiru
    waqas warrick wasim wayne wei wendell wendy werner wesley whitney wiktor wiktoria wilbur wilfred wilfredo
    wilhelm wilhelmena wilhelmina willem william willie wilma winifred winnie winona winston wladyslaw wojciech
    wolfgang wolfram woodrow wyatt wyn xander xavi xavier xena ximena xiomara xochitl yael yahya yakov yan yana
    yanis yannick yannis yara yash yasir yasmin yasmine yasuko yaw yekaterina yelena yemi yesenia yetta yetunde
    yevgeny ying yoko yolanda yolande yosef yoshiko youssef youssouf yudith yuki yulia yuliya yumi yuri yusef yusuf
    yuto yves yvette yvon yvonne zachary zack zahid zahra zainab zakariya zandile zanele zara zaynab zdenek zebedee
    zelda zeljko zena zenobia zev zeynep zhang zhen zinaida zita zlatan zodwa zoe zofia zohra zola zoltan zoran zoya
    zubair zuleika zuri zuzana
    """
)
"""Common given names of many countries, lower case: a capital and one of these is a person, whatever is around.

Left out are those that are also words, months, cities, saints' cities or brands (Grace, April, Austin, Clara, Tesla).
"""

# The words without which an English pattern for names need not be tried.
SELF_FIRST = word_set(
    "this i i im call calls account named speaking talking chatting spoke speak talk talked chatted booked reserved"
    " reservation booking is put account asked registered table it talked ask helped assisted it it that name name"
    " you you my his her our addressed belongs out first last full family given middle maiden married signed told"
    " delivered sold under appointment account ticket report reports"
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
