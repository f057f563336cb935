"""Every column of auth that is sealed, and what it was sealed for."""

from capitalino.kit.crypto.resealing import Sealed
from capitalino.services.auth.adapters.seals import SIZE_BYTES
from capitalino.services.auth.tables import (
    activity,
    api_key,
    login,
    mail,
    registration,
    session,
    signing_key,
    totp,
)

COLUMNS = (
    Sealed(login.c.email_sealed, login.c.user_id, ("login", "email"), SIZE_BYTES),
    Sealed(
        registration.c.email_sealed, registration.c.registration_id, ("registration", "email"), SIZE_BYTES
    ),
    Sealed(mail.c.sealed, mail.c.mail_id, ("mail", "words"), SIZE_BYTES),
    Sealed(totp.c.secret_sealed, totp.c.user_id, ("totp", "secret"), SIZE_BYTES),
    Sealed(session.c.origin_sealed, session.c.session_id, ("session", "origin"), SIZE_BYTES),
    Sealed(activity.c.origin_sealed, activity.c.activity_id, ("activity", "origin"), SIZE_BYTES),
    Sealed(api_key.c.used_from_sealed, api_key.c.key_id, ("api_key", "used_from"), SIZE_BYTES),
    Sealed(signing_key.c.private_sealed, signing_key.c.kid, ("signing_key", "private"), SIZE_BYTES),
)
