"""The payment and message providers' stand-ins: Stripe and Twilio as they document what we use of them.

The product always talks through the real `stripe` and `twilio` SDKs; without keys their base URL points here.
"""
