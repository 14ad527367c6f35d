from contextlib import contextmanager

import psycopg2


@contextmanager
def apart(env, logger, message, *args, failed=None):
    """Let one record that fails be undone and logged alone, so that it never stops the others of a night.

    :param message: what the log says of it, with ``args`` as in ``logging``
    :param failed: called with the error after it was undone, to say it where people look
    :raises psycopg2.OperationalError: the database asks for the whole batch to be tried again
    """
    try:
        with env.cr.savepoint():
            yield
    except psycopg2.OperationalError:
        raise
    except Exception as error:
        logger.warning(message, *args, exc_info=True)
        if failed:
            failed(error)
