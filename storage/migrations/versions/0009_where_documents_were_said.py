"""Where documents were said or shared; of files shared before in public channels it is not known"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FROM_SLACK = (("slack-export:", 1), ("slack-file:", 2))
"""How sources begin that name a channel, and which part it is."""


def upgrade() -> None:
    op.add_column("documents", sa.Column("said_in", sa.String(64), nullable=True))
    documents = sa.table("documents", *(sa.column(name) for name in ("id", "source", "channel_id", "said_in")))
    connection = op.get_bind()
    connection.execute(documents.update().values(said_in=documents.c.channel_id))
    for start, part in FROM_SLACK:
        theirs = sa.select(documents.c.id, documents.c.source).where(documents.c.source.startswith(start))
        for id_, source in connection.execute(theirs).all():
            named = source.split(":")
            # What an admin told Timbre alone is for everybody.
            if len(named) > part and not named[part].startswith("D"):
                connection.execute(documents.update().where(documents.c.id == id_).values(said_in=named[part]))


def downgrade() -> None:
    op.drop_column("documents", "said_in")
