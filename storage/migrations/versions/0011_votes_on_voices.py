"""Votes on a new voice, and what it was stopped for"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ballots") as ballots:
        # Ballots from before are as they were: nothing was measured that could have stopped them.
        ballots.add_column(sa.Column("failed_gates", sa.JSON(), nullable=False, server_default="[]"))
        ballots.add_column(sa.Column("override_by", sa.String(64), nullable=True))
        ballots.add_column(sa.Column("override_reason", sa.Text(), nullable=True))
    op.create_table(
        "ballot_votes",
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballots.id"], name=op.f("fk_ballot_votes_ballot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ballot_id", "user_id", "kind", name=op.f("pk_ballot_votes")),
    )


def downgrade() -> None:
    op.drop_table("ballot_votes")
    with op.batch_alter_table("ballots") as ballots:
        for name in ("failed_gates", "override_by", "override_reason"):
            ballots.drop_column(name)
