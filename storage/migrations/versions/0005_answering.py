"""Where Timbre speaks, what it read, and which approved answers were looked at again"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ANSWER_COLUMNS = (
    sa.Column("kind", sa.String(length=32), nullable=False, server_default="answer"),
    sa.Column("thread_ts", sa.String(length=64), nullable=False, server_default=""),
    sa.Column("read_chunks", sa.JSON(), nullable=False, server_default="[]"),
    sa.Column("verified_pair_id", sa.Integer(), nullable=True),
    sa.Column("note", sa.Text(), nullable=False, server_default=""),
)


def upgrade() -> None:
    for column in ANSWER_COLUMNS:
        op.add_column("answers", column)
    # A refusal was told by its empty model; a greeting, which has one too, answers no question.
    op.execute("UPDATE answers SET kind = 'note' WHERE model = ''")
    op.execute("UPDATE answers SET kind = 'unknown' WHERE model = '' AND question <> ''")
    op.create_index("ix_answers_thread", "answers", ["team_id", "channel_id", "thread_ts"], unique=False)
    op.create_index("ix_chunks_team_id_channel_id", "chunks", ["team_id", "channel_id"], unique=False)
    op.create_table(
        "channel_modes",
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "channel_id", name=op.f("pk_channel_modes")),
    )
    op.create_table(
        "verifications",
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["pairs.id"], name=op.f("fk_verifications_pair_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pair_id", name=op.f("pk_verifications")),
    )


def downgrade() -> None:
    op.drop_table("verifications")
    op.drop_table("channel_modes")
    op.drop_index("ix_chunks_team_id_channel_id", "chunks")
    op.drop_index("ix_answers_thread", "answers")
    for column in ANSWER_COLUMNS:
        op.drop_column("answers", column.name)
