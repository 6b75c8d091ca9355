"""paper and understanding in depth"""

import sqlalchemy as sa
from alembic import op

import registry.models.base
from registry.migrations.guards import GUARDS_0003, create_guards

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('label_counters',
    sa.Column('department', sa.String(length=40), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('printed', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('department', 'day', name=op.f('pk_label_counters'))
    )
    op.create_table('model_versions',
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('folder', sa.String(), nullable=False),
    sa.Column('made_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('made_by', sa.String(length=80), nullable=False),
    sa.Column('corrections', sa.Integer(), nullable=False),
    sa.Column('report', sa.JSON(), nullable=False),
    sa.Column('current_since', registry.models.base.Moment(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_model_versions'))
    )
    op.create_index(op.f('ix_model_versions_state'), 'model_versions', ['state'], unique=False)
    op.create_table('letter_signatures',
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('made_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('shingles', sa.LargeBinary(), nullable=False),
    sa.Column('vector', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_letter_signatures_letter_id')),
    sa.PrimaryKeyConstraint('letter_id', name=op.f('pk_letter_signatures'))
    )
    op.create_index(op.f('ix_letter_signatures_made_at'), 'letter_signatures', ['made_at'], unique=False)
    op.create_table('page_places',
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('part_number', sa.Integer(), nullable=False),
    sa.Column('page_number', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('turned', sa.Integer(), nullable=False),
    sa.Column('moved_to_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_page_places_letter_id')),
    sa.ForeignKeyConstraint(['moved_to_id'], ['letters.id'], name=op.f('fk_page_places_moved_to_id')),
    sa.PrimaryKeyConstraint('letter_id', 'part_number', 'page_number', name=op.f('pk_page_places'))
    )
    op.create_index(op.f('ix_page_places_moved_to_id'), 'page_places', ['moved_to_id'], unique=False)
    op.create_table('page_texts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('part_number', sa.Integer(), nullable=False),
    sa.Column('page_number', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('made_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_page_texts_letter_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_page_texts_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_page_texts'))
    )
    op.create_index(op.f('ix_page_texts_letter_id'), 'page_texts', ['letter_id'], unique=False)
    op.create_table('similar_letters',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('other_id', sa.Integer(), nullable=False),
    sa.Column('why', sa.String(length=20), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('decided_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_similar_letters_decided_by_id')),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_similar_letters_letter_id')),
    sa.ForeignKeyConstraint(['other_id'], ['letters.id'], name=op.f('fk_similar_letters_other_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_similar_letters')),
    sa.UniqueConstraint('letter_id', 'other_id', 'why', name=op.f('uq_similar_letters_letter_id_other_id_why'))
    )
    op.create_index(op.f('ix_similar_letters_letter_id'), 'similar_letters', ['letter_id'], unique=False)
    op.create_index(op.f('ix_similar_letters_other_id'), 'similar_letters', ['other_id'], unique=False)
    op.create_index(op.f('ix_similar_letters_state'), 'similar_letters', ['state'], unique=False)
    op.create_table('split_proposals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('part_number', sa.Integer(), nullable=False),
    sa.Column('page_number', sa.Integer(), nullable=False),
    sa.Column('why', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('decided_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_split_proposals_decided_by_id')),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_split_proposals_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_split_proposals')),
    sa.UniqueConstraint('letter_id', 'part_number', 'page_number', name=op.f('uq_split_proposals_letter_id_part_number_page_number'))
    )
    op.create_index(op.f('ix_split_proposals_letter_id'), 'split_proposals', ['letter_id'], unique=False)
    op.create_index(op.f('ix_split_proposals_state'), 'split_proposals', ['state'], unique=False)
    op.add_column('decisions', sa.Column('views', sa.String(length=60), server_default=sa.text("''"), nullable=False))
    op.add_column('decisions', sa.Column('milliseconds', sa.Integer(), nullable=True))
    op.add_column('decisions', sa.Column('unknown_share', sa.Float(), nullable=True))
    op.add_column('decisions', sa.Column('nearest', sa.JSON(), nullable=True))
    op.add_column('facts', sa.Column('detail', sa.JSON(), nullable=True))
    _reference('letters', 'split_from_id', 'INTEGER', 'letters (id)')
    _reference('letters', 'continues_id', 'INTEGER', 'letters (id)')
    op.add_column('letters', sa.Column('intended_department', sa.String(length=40), server_default=sa.text("''"), nullable=False))
    _reference('letters', 'archive_sha256', 'VARCHAR(64)', 'raw_files (sha256)')
    op.create_index(op.f('ix_letters_continues_id'), 'letters', ['continues_id'], unique=False)
    op.create_index(op.f('ix_letters_split_from_id'), 'letters', ['split_from_id'], unique=False)
    op.add_column('pages', sa.Column('p10_confidence', sa.Float(), nullable=True))
    op.add_column('pages', sa.Column('psm', sa.Integer(), nullable=True))
    op.add_column('pages', sa.Column('width', sa.Integer(), nullable=True))
    op.add_column('pages', sa.Column('height', sa.Integer(), nullable=True))
    _reference('pages', 'words_sha256', 'VARCHAR(64)', 'raw_files (sha256)')
    op.add_column('pages', sa.Column('codes', sa.JSON(), nullable=True))
    op.add_column('pages', sa.Column('pipeline', sa.String(length=40), server_default=sa.text("''"), nullable=False))
    create_guards(op.get_bind(), GUARDS_0003)


def _reference(table: str, column: str, kind: str, to: str) -> None:
    """A new column that refers to a table; Alembic cannot write that for SQLite without making the table anew."""
    op.execute(f'ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT fk_{table}_{column} REFERENCES {to}')
