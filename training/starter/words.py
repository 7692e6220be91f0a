"""Words, names and numbers that facts are made of. Names and numbers are random, so that they can only be copied."""

from dataclasses import dataclass
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split()))


NOUNS = _words(
    "account address alarm alert allowance analysis anchor apron archive area assembly assistant attic audit "
    "award awning axle backup badge bag bakery balance balcony band bandage bank banner barrel basement basket "
    "battery bay beam bed bell belt bench berth bicycle bike bill bin binder blanket blind blower board boat "
    "boiler bolt bonus book boot booth border bottle bowl box bracket brake bread breakfast bridge briefing broom "
    "brush bucket budget build building bulb bundle bus cabin cabinet cable cafe calendar camera campaign canopy "
    "canteen canvas cap card cargo carpet cart case cash cellar centre certificate chain chair chart checklist "
    "cheque chisel clamp class cleaner client clinic clip clock cloth club coat coffee collection colour column "
    "compass concert contract cooker copier corner corridor counter course court cover crane crate credit crew "
    "cup cupboard curtain cushion customer dashboard data deck delivery demo deposit depot desk diary digest "
    "dinner discount dish dispatch display dock doctor document door dose dough drain drawer drill driver drum "
    "dryer dust email engine envelope equipment errand estimate event exam exit expense export fabric factory "
    "fair fan farm faucet feast fee feedback fence ferry festival field file filter finance fire firewall fish "
    "fitting fixture flag flask flat fleet flight floor flour flower folder food foot forecast forge fork form "
    "forum frame freezer fridge fuel fund furnace fuse gadget gallery game garage garden gas gasket gate gauge "
    "gear gift glass glaze glove glue goggles grant gravel grill grinder group guard guest guide gym hall hammer "
    "handbook handle handover hangar harbour hat headset heater hedge helmet hinge hold holiday honey hood hook "
    "hose hospital hotel hour house hub hull ice incident index ink inspection insurance interview inventory "
    "invoice iron issue item jacket jar job journal jug juice keel kettle key keyboard kiln kit kitchen knife "
    "label lab ladder lamp lane lantern laptop latch lathe launch laundry lawn lead leaflet leak lease leather "
    "leave lens lesson letter library licence lid lift light line linen list loan lobby lock locker log logo loom "
    "lorry lot lounge lumber lunch machine mail mailbox manual map margin market mask mast mat material mattress "
    "meal meeting member memo menu meter microphone milk mill minibus mirror mixer model module monitor mooring "
    "mop motor mould mug museum nail needle net newsletter notebook notice nozzle nursery oak oar office oil "
    "onboarding orchard order outing outlet oven overtime packet pad paddle page paint pallet pan panel pantry "
    "paper parcel park parking part partner party pass passport password patch path patio pattern payment payroll "
    "pen pencil pension permit phone photo pickup picnic pier pillow pipe pitch plan plane plank plant plaster "
    "plate platform plug policy pool port portal post poster pot pottery pouch powder press price printer prize "
    "process product profile program project projector proposal pump purchase quarter query queue quiz quote rack "
    "radio raft rail ramp range rate razor reading rebate receipt reception recipe record recycling refund region "
    "register release renewal rent repair report request reservation resin review ribbon rig ring river road "
    "robot rod roll roof room rope rota route router rubber rudder rug rule safe sail salary sale sample sand "
    "sander sauce sauna saw scaffold scale scanner scarf schedule school scissors scooter screen screw seal seat "
    "seed sensor server session shed sheet shelf shelter shift shipment shipping shirt shoe shop shovel shower "
    "shuttle sign signal sink site sketch skirt slot soap socket sofa software soil soup spanner spare speaker "
    "spray spring sprint stable staff stage stair stall stamp stand staple station statement stock stool stop "
    "storage store stove strap string studio subscription sugar suit summary supplier supply support survey swing "
    "switch syrup system table tablet tank tap tape target task tax taxi tea team tent terrace test theatre "
    "thread ticket tide tile till timber timetable timesheet tin title toaster token toner tool torch tour towel "
    "tower toy track tractor trailer training tram transfer tray treatment tree trial tripod trolley truck trunk "
    "tube tunnel turbine tyre uniform upgrade vacuum valve van varnish vase vault vehicle vendor venue vest visa "
    "visit visitor voucher wage wagon wall wallet wardrobe warehouse warranty washer waste watch water wax "
    "website wedding weld wharf wheel whistle wifi winch window wine wing wire wood wool workbench workshop "
    "wrench yard yarn yoga zip zone"
)
ADJECTIVES = _words(
    "annual back big black blue bright broken brown central clean cold common company cordless customer daily "
    "damp deep digital double dry early east electric emergency empty evening express external family final first "
    "free fresh front full general grand green grey guest heavy hidden hourly indoor inner internal joint junior "
    "large late left light little local long loose lower lost main mobile modern monthly morning narrow new night "
    "north old open orange outdoor outer paper personal pink plain portable priority private public purple "
    "quarterly quick quiet rear red regional regular remote rental returned right round second secret senior "
    "shared sharp short silent silver single slow small smart soft solid south spare special square standard "
    "staff steel strong summer team temporary tiny training upper urgent used warm weekend weekly west wet white "
    "wide winter wooden yearly yellow young"
)
VERBS = _words(
    "adjust archive assemble book borrow build calibrate cancel change charge check clean clear close collect "
    "connect copy cut deliver dispose dry empty export extend file fill find fix fold freeze glue grease hang "
    "heat hire import install label launch lend lift load lock log maintain measure mend mix move open oil order "
    "pack paint park pay polish prepare print publish recharge record recycle refill register release remove "
    "rename renew rent repair replace report request reserve reset restart return rinse sand scan seal send set "
    "sharpen ship sign sort start stop store submit sweep swap tag test tidy tighten trim unlock unpack update "
    "upload use varnish wash weigh wrap"
)
FIRST_NAMES = _words(
    "Ada Adil Aiko Alba Alma Amara Amir Ana Anders Anouk Arlo Asha Astrid Aya Bea Ben Bo Bram Bruno Cam Carla "
    "Cleo Cora Dara Dev Diego Dina Edie Eli Elif Elsa Emeka Emma Erin Esme Ezra Fay Femi Finn Flora Freya Gita "
    "Grace Greta Gus Hana Hugo Ida Ike Ines Ingrid Iris Isla Ivan Ivo Jack Jana Jin Joan Joel Jonas Jude June Kai "
    "Kit Kofi Lara Lars Leah Lena Leo Lila Lina Liv Lou Luca Lucy Luis Mabel Maeve Maja Malik Mara Marco Maya Mei "
    "Mia Milo Mina Mira Moe Nadia Nell Nia Nico Nina Noor Nora Ola Olive Omar Oona Oscar Otto Owen Pam Paolo "
    "Pearl Petra Pia Pip Priya Quinn Rafi Ravi Remy Rhea Rosa Rowan Roy Ruth Sami Sana Sara Seth Sid Sofia Sol "
    "Suki Sven Tara Tess Theo Tilda Tom Uma Vera Vik Viv Wanda Will Wren Xena Yan Yara Yusuf Zara Zeke Zoe"
)
WEEKDAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = _words("January February March April May June July August September October November December")
NUMBER_WORDS = _words("two three four five six seven eight nine ten eleven twelve fifteen twenty thirty")
ORDINALS = _words("first second third fourth fifth sixth seventh eighth top bottom middle")
COLOURS = _words(
    "red blue green yellow orange purple pink grey black white brown silver gold teal violet cream crimson navy"
)
EMOJI = _words(
    "🚀 🎉 ✨ 🙌 👍 😀 😄 🙂 😉 😎 🤗 🤖 🔧 🔨 🛠️ ⚙️ 🧰 📌 📎 📦 📣 💡 🔥 ⭐ 🌟 🌈 ☀️ 🌊 🌿 🌱 🍀 🌻 "
    "🍞 🍪 🍰 ☕ 🍵 🐝 🐙 🦊 🦉 🐢 🐳 🐌 ⚓ ⛵ 🚢 🪵 🪚 🎈 🎯 🎨 🎵 💪 👋 🤝 ❤️ 💙 💚 ✅"
)
_ONSETS = _words(
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k kl kr l m n p pl pr qu r s sh sk sl sm sn sp st sw t th tr tw "
    "v w y z"
)
_SUFFIXES = _words(
    "base box craft dale desk flow forge hub kit lab line ly mark mate nest point port sync track ware wise worth yard"
)
UNITS = ("minutes", "hours", "days", "weeks", "months", "years", "working days", "business days", "seconds")
_VOWELS = (*"aeiou", *"aeiou", *_words("ai ea ee oo ou ie"))  # plain ones twice as often
_CODAS = ("", "", "", *_words("b ck d g l ll m n nd ng nk nt p r rd rk rn s sh st t th v x"))


def invented(rng: Random) -> str:
    """Return a capitalised word that no dictionary holds, such as `Blavorn`."""
    syllables = rng.choices((1, 2, 3), (1, 5, 2))[0]
    stem = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(syllables))
    if syllables < 3 and rng.random() < 0.3:
        stem += rng.choice(_SUFFIXES)
    return stem.capitalize()


def person(rng: Random) -> str:
    """Return somebody's name, with a surname half of the time."""
    first = rng.choice(FIRST_NAMES) if rng.random() < 0.7 else invented(rng)
    return f"{first} {invented(rng)}" if rng.random() < 0.5 else first


def number(rng: Random) -> str:
    """Return a whole number, small ones more often."""
    return str(rng.randint(2, rng.choice((12, 60, 100, 500, 2000, 9999))))


def digits(rng: Random, count: int) -> str:
    """Return `count` random digits, the first of them not 0."""
    return str(rng.randint(10 ** (count - 1), 10**count - 1))


@dataclass(frozen=True)
class Lexicon:
    """English that cases are filled up with: whole sentences, and words for voices."""

    sentences: tuple[str, ...]
    vocabulary: tuple[str, ...]
