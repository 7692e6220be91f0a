"""PostgreSQL keeps each chunk's words: made anew for every row that is ranked, they took most of a search"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WORDS = "to_tsvector('english'::regconfig, title || ' ' || text)"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP INDEX ix_chunks_full_text")
    op.execute(f"ALTER TABLE chunks ADD COLUMN full_text tsvector GENERATED ALWAYS AS ({WORDS}) STORED")
    op.execute("CREATE INDEX ix_chunks_full_text ON chunks USING gin (full_text)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP INDEX ix_chunks_full_text")
    op.execute("ALTER TABLE chunks DROP COLUMN full_text")
    op.execute(f"CREATE INDEX ix_chunks_full_text ON chunks USING gin ({WORDS})")
