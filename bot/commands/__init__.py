"""What the commands of the command line do. Models are imported by those that need them, never by the bot."""

from collections.abc import Callable

from bot.commands.advising import advise
from bot.commands.answers import answers_export
from bot.commands.auditing import audit_list, audit_verify
from bot.commands.caring import doctor, upgrade
from bot.commands.collecting import import_slack
from bot.commands.documents import ingest, sources_list, sources_remove
from bot.commands.indexing import index_check, index_rebuild
from bot.commands.knowing import ask
from bot.commands.learning import evaluate, train
from bot.commands.measuring import retrieval_report
from bot.commands.pairs import pairs_export, pairs_import, pairs_list, pairs_show
from bot.commands.running import bot, demo, playground, serve, tour, worker
from bot.commands.runs import runs_cancel, runs_list, runs_watch

COMMANDS: dict[str, Callable[..., None]] = {
    command.__name__: command
    for command in (
        *(demo, tour, bot, serve, worker, playground),
        *(answers_export, ask, ingest, sources_list, sources_remove, import_slack),
        *(pairs_list, pairs_show, pairs_export, pairs_import),
        *(runs_list, runs_watch, runs_cancel, audit_list, audit_verify),
        *(advise, train, evaluate, retrieval_report, index_check, index_rebuild, upgrade, doctor),
    )
}
