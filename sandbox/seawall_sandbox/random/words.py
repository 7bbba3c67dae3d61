"""What names of pets are made of: words of our own, in the order adverb, adjective, animal."""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ADVERBS: Final = _words(
    "amply barely boldly briefly calmly clearly dearly evenly fairly fondly freely gently gladly "
    "greatly happily keenly kindly lightly merely mildly neatly openly partly plainly proudly "
    "purely quickly quietly rarely really safely simply slowly smoothly solely sweetly tamely "
    "truly usually vastly warmly wholly widely wildly wisely"
)
ADJECTIVES: Final = _words(
    "able alert amber ample apt azure bold brave brief bright brisk calm clean clever cool coral "
    "crisp eager early equal exact fair famous fine fit fleet fond frank fresh gentle glad golden "
    "grand great happy hardy honest humble ideal jolly just keen kind known large legal light "
    "lively loyal lucky meek mighty modest native neat new nimble noble open patient plain polite "
    "prime proud pure quick quiet rapid ready regular rich robust secure sharp silver simple smart "
    "smooth sober solid sound stable steady still strong sunny sure sweet swift tidy tender true "
    "up upright vital vivid warm welcome whole wise witty worthy young"
)
ANIMALS: Final = _words(
    "adder albatross alpaca ant ape badger bass bat beagle bear beaver bee bison boar bobcat "
    "buffalo camel carp cat cheetah cobra cod collie condor cougar cow crab crane cricket crow "
    "deer dingo dog dolphin donkey dove dragonfly duck eagle eel egret elephant elk emu falcon "
    "ferret finch fish fly fox frog gazelle gecko gibbon giraffe goat goose gopher grouse gull "
    "hare hawk hedgehog hen heron hippo hornet horse hound husky ibex iguana impala jackal jaguar "
    "jay kangaroo kite kiwi koala lamb lark lemur leopard lion lizard llama lobster lynx macaw "
    "magpie mammoth marlin marten mink mole monkey moose moth mouse mule newt octopus orca oryx "
    "osprey otter owl ox oyster panda panther parrot pelican penguin perch pig pigeon pika pony "
    "pug puma quail rabbit raccoon ram raven robin salmon seal shark sheep shrew shrimp skunk "
    "sloth snail snake sparrow spider squid stag starling stork swan tapir tiger toad "
    "trout tuna turkey turtle viper vulture walrus wasp weasel whale wolf wombat wren yak zebra"
)
