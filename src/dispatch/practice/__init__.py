"""A local SES and SQS to try everything against; nothing leaves this computer."""
