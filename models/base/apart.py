from contextlib import contextmanager

import psycopg2


@contextmanager
def apart(env, logger, message, *args):
    """Let one record that fails be undone and logged alone, so that it never stops the others of a night.

    :param message: what the log says of it, with ``args`` as in ``logging``
    :raises psycopg2.OperationalError: the database asks for the whole batch to be tried again
    """
    try:
        with env.cr.savepoint():
            yield
    except psycopg2.OperationalError:
        raise
    except Exception:
        logger.warning(message, *args, exc_info=True)
