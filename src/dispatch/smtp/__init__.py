"""A Mailer by SMTP."""

from dispatch.smtp.mailer import SmtpMailer

__all__ = ["SmtpMailer"]
